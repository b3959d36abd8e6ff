"""A host lies about amounts: a segwit v0 signature commits to the amount of its own coin only."""

from collections.abc import Sequence

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.network import MAX_REMEMBERED_COINS
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import Refused
from signer.review import Kind
from tests import kernel, psbts
from tests.psbts import Draft, draft, keyring, refusal, review, sign, text

VERSION_0 = pytest.mark.parametrize("script", ["wpkh", "sh(wpkh)"])
PAGE = "[Amounts are claimed]"


def claiming(made: Draft, *inputs: int) -> Draft:
    """The same without the previous transactions of these inputs, or of all."""
    for index in inputs or range(len(made.ins)):
        made.ins[index].drop(0x00)
    return made


def lying(made: Draft, script: str, amounts: Sequence[int]) -> Draft:
    """The same with these amounts claimed."""
    for index, sats in enumerate(amounts):
        locked = psbts.lock(keyring(), psbts.path(script, 0, index))
        made.ins[index].put(0x01, psbts.output(sats, locked))
    return made


@VERSION_0
def test_one_coin_needs_no_previous_transaction(script: str) -> None:
    """What QR wallets send. Core's engine accepts the signature; the pages are the same."""
    made = draft(keyring(), 1, script)
    proven = review(made.encode(), keyring()).pages
    raw = claiming(made).encode()
    assert review(raw, keyring()).pages == proven
    sign(raw, keyring())


def test_one_coin_of_an_account_of_several_needs_none() -> None:
    for template in ("wsh(sortedmulti(2,@0/**,@1/**))", "sh(wsh(multi(2,@0/**,@1/**)))"):
        vault = psbts.vault(template, keyring(), keyring(psbts.OTHER))
        psbts.complete(claiming(draft(vault)), vault)


@VERSION_0
def test_a_lie_about_one_coin_makes_its_signature_void(script: str) -> None:
    """The fee on screen is small, the real one would be large; no node takes the signature."""
    made = lying(claiming(draft(keyring(), 1, script, ())), script, [99_900])
    made.outs[0].sats = 99_800
    signed = sign(made.encode(), keyring())
    request = container.parse(signed)
    [lied] = [kernel.spent_output(request, 0)]
    raw = kernel.finalized(request)
    assert kernel.verdicts(raw, [lied]) == [True]
    assert kernel.verdicts(raw, [TxOutput(100_000, lied.script_pubkey)]) == [False]


@VERSION_0
@pytest.mark.parametrize("missing", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_several_coins_are_signed_after_a_warning(script: str, missing: tuple[int, ...]) -> None:
    made = draft(keyring(), 3, script)
    assert PAGE not in text(review(made.encode(), keyring()).pages)
    raw = claiming(made, *missing).encode()
    first = review(raw, keyring()).pages[0]
    assert first.kind is Kind.WARNING
    amounts = "1 amount" if len(missing) == 1 else f"{len(missing)} amounts"
    assert text([first]).startswith(f"{PAGE}\nThe wallet app sends no proof of {amounts}.\n")
    sign(raw, keyring())


@VERSION_0
@pytest.mark.parametrize("proven", [(), (0,), (1,)])
def test_the_attack_in_two_rounds_ends_without_a_fee(script: str, proven: tuple[int, ...]) -> None:
    """Each round tells the truth about one coin and lies about the other; joined, both are true.

    The lie is that the other coin is small, so that the fee on screen looks ordinary. Where the
    coin that is told the truth of is proven, the round looks even better.
    """
    keys, history = keyring(), b""
    rounds = ([100_000, 500], [500, 100_000])
    for told_first in (0, 1):
        first, second = (rounds[told_first], rounds[1 - told_first])
        requests = []
        for amounts in (first, second):
            made = draft(keys, 2, script, ((90_000, psbts.PAYEE),), fee_sats=110_000)
            made = lying(made, script, amounts)
            true = amounts.index(100_000)
            missing = (0, 1) if true not in proven else (1 - true,)
            requests.append(claiming(made, *missing).encode())
        reviewed = CHAIN.review(requests[0], keys, "regtest")
        CHAIN.sign(reviewed.approve(reviewed.pages), keys)
        history = CHAIN.remember(reviewed, b"")
        with pytest.raises(Refused) as refused:
            CHAIN.review(requests[1], keys, "regtest", history=history)
        assert refused.value.reason is BitcoinReason.AMOUNT_CHANGED


def test_a_coin_without_any_amount_is_refused() -> None:
    for script in ("wpkh", "tr"):
        made = draft(keyring(), 2, script)
        made.ins[1].drop(0x00, 0x01)
        assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_no_claim_is_enough_for_more_coins_than_are_remembered() -> None:
    """Of the forgotten ones, each round could tell another story."""
    made = draft(keyring(), MAX_REMEMBERED_COINS + 1)
    assert refusal(claiming(made, 7), keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN
    made = draft(keyring(), MAX_REMEMBERED_COINS)
    assert review(claiming(made, 7).encode(), keyring()).pages[0].title in PAGE


@pytest.mark.parametrize("flag", [0x81, 0x82, 0x83])
@pytest.mark.parametrize(("inputs", "at"), [(1, 0), (2, 0), (2, 1)])
def test_no_claim_is_enough_where_inputs_are_left_open(flag: int, inputs: int, at: int) -> None:
    """Coins signed one by one are joined to a payment that nobody has seen: in one round."""
    made = claiming(draft(keyring(), inputs))
    made.ins[at].put(0x03, flag.to_bytes(4, "little"))
    with pytest.raises(Refused) as refused:
        review(made.encode(), keyring(), expert=True)
    assert refused.value.reason is BitcoinReason.AMOUNT_NOT_PROVEN


@pytest.mark.parametrize("kind", [0x07, 0x08])
def test_no_claim_is_enough_for_a_coin_that_is_final(kind: int) -> None:
    """No signature of ours would be void by the lie, and the final one is not compared here."""
    made = claiming(draft(keyring(), 2))
    made.ins[0].put(kind, b"\x00")
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_what_another_round_has_signed_is_compared_with_the_claim() -> None:
    made = claiming(draft(keyring(), 2))
    signed = sign(made.encode(), keyring())
    signature = container.parse(signed).inputs[0].records_of(0x02)[0]
    made.ins[0].put(0x02, signature[1], signature[0])
    sign(made.encode(), keyring())
    lying(made, "wpkh", [99_000])
    assert refusal(made, keyring()) is BitcoinReason.BAD_SIGNATURE


def test_taproot_alone_needs_no_previous_transactions() -> None:
    made = claiming(draft(keyring(), 2, "tr"))
    assert PAGE not in text(review(made.encode(), keyring()).pages)
    sign(made.encode(), keyring())


def test_a_lie_about_a_taproot_amount_makes_the_signature_void() -> None:
    keys = keyring()
    made = claiming(draft(keys, 2, "tr"), 0)
    signed = sign(lying(made, "tr", [100_001]).encode(), keys)
    request = container.parse(signed)
    lied = [kernel.spent_output(request, index) for index in range(2)]
    true = [TxOutput(100_000, lied[0].script_pubkey), lied[1]]
    raw = kernel.finalized(request)
    assert kernel.verdicts(raw, lied) == [True, True]
    assert kernel.verdicts(raw, true) == [False, False]


def beside_taproot(script: str, *claimed: int) -> Draft:
    """A payment of a coin of this kind and one of taproot; some without their proof."""
    keys = keyring()
    made = draft(keys, 1, script)
    made.ins.append(psbts.coin(keys, psbts.path("tr"), 50_000, 1))
    return claiming(made, *claimed) if claimed else made


@pytest.mark.parametrize("script", ["pkh", "sh(wpkh)", "wpkh"])
def test_a_taproot_coin_among_others_is_signed_after_a_warning(script: str) -> None:
    """Its previous transaction is what wallets leave out (BIP371); the others have theirs."""
    assert PAGE not in text(review(beside_taproot(script).encode(), keyring()).pages)
    raw = beside_taproot(script, 1).encode()
    first = review(raw, keyring()).pages[0]
    assert text([first]).startswith(f"{PAGE}\nThe wallet app sends no proof of 1 amount.\n")
    sign(raw, keyring())


def test_a_legacy_coin_beside_taproot_needs_its_previous_transaction() -> None:
    for claimed in [(0,), (0, 1)]:
        made = beside_taproot("pkh", *claimed)
        locked = psbts.lock(keyring(), psbts.path("pkh"))
        made.ins[0].put(0x01, psbts.output(100_000, locked))
        assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_a_final_taproot_coin_among_others_needs_its_previous_transaction() -> None:
    made = beside_taproot("wpkh", 1)
    made.ins[1].put(0x08, b"\x00")
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


@pytest.mark.parametrize("disguised_first", [True, False])
def test_a_claim_that_a_coin_is_taproot_does_not_open_the_door(*, disguised_first: bool) -> None:
    """In one of two rounds a v0 coin is said to be a small taproot coin: its amount is compared."""
    keys = keyring()
    made = draft(keys, 2, "wpkh", ((90_000, psbts.PAYEE),), fee_sats=110_000)
    rounds = [lying(claiming(made), "wpkh", [500, 100_000]).encode()]
    made = draft(keys, 2, "wpkh", ((90_000, psbts.PAYEE),), fee_sats=110_000)
    disguise = psbts.coin(keys, psbts.path("tr", 0, 1), 500)
    disguise.drop(0x00)
    made.ins[1].records = disguise.records
    rounds.insert(0 if disguised_first else 1, made.encode())
    first = CHAIN.review(rounds[0], keys, "regtest")
    history = CHAIN.remember(first, b"")
    CHAIN.review(rounds[1], keys, "regtest")
    with pytest.raises(Refused) as refused:
        CHAIN.review(rounds[1], keys, "regtest", history=history)
    assert refused.value.reason is BitcoinReason.AMOUNT_CHANGED
