"""A coin of ours that is said to be another's, to be signed for in another round (SLIP-19)."""

from contextlib import suppress

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.accounts import registry
from signer.chains.bitcoin.accounts.account import AccountIndex
from signer.chains.bitcoin.payment import foreign
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Refused
from signer.formats.cursor import compact_size
from signer.keys.path import HARDENED
from tests import psbts
from tests.psbts import OTHER, PAYEE, Draft, Out, keyring, refusal, review, text, vault

FAR = 900_000  # where no search looks for a coin, and a wallet would
KINDS = ("wpkh", "tr")


def both(kind: str, index: int = FAR) -> Draft:
    """A payment of two coins of ours, one of them there: all of both leaves us but 100 000."""
    ins = [
        psbts.coin(keyring(), psbts.path(kind, index=0), 100_000, 1),
        psbts.coin(keyring(), psbts.path(kind, index=index), 150_000, 2),
    ]
    change = psbts.change(keyring(), psbts.path(kind, 1, 3), 100_000)
    return Draft(ins, [Out([], 149_000, PAYEE), change])


def signatures_of(made: Draft) -> list[list[tuple[bytes, bytes]]]:
    """The records (type, key and value) of signatures that the device adds to each input."""
    signed = container.parse(psbts.sign_part(made.encode(), keyring()))
    return [[r for r in one.records if r[0][0] in {0x02, 0x13}] for one in signed.inputs]


def strip(
    made: Draft, index: int, *signatures: tuple[bytes, bytes], is_final: bool = False
) -> None:
    """Input `index` as if it were another's: no derivations, and perhaps a signature."""
    one = made.ins[index]
    one.drop(0x06, 0x16, 0x17)
    if not is_final:
        one.records += signatures
        return
    [(key, value)] = signatures
    items = [value] if key[0] == 0x13 else [value, key[1:]]
    one.put(0x08, compact_size(len(items)) + b"".join(map(psbts.blob, items)))


FALSE = {
    "none": [],
    "one of nobody": [(b"\x13", bytes(64))],
    "one of another payment": None,
}


@pytest.mark.parametrize("false", FALSE.values(), ids=list(FALSE))
@pytest.mark.parametrize("is_final", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_neither_round_of_the_theft_is_signed(
    kind: str, is_final: bool, false: list[tuple[bytes, bytes]] | None
) -> None:
    """Round 1: the first coin is said to be another's; round 2: the second. Together, a theft."""
    earlier = both(kind)
    earlier.outs[0].sats -= 50_000  # less left us in what a person did approve
    known = signatures_of(earlier)
    harvest: list[list[tuple[bytes, bytes]]] = []
    for index in (0, 1):
        made = both(kind)
        signatures = known[index] if false is None else false
        strip(made, index, *signatures, is_final=is_final and bool(signatures))
        with suppress(Refused):
            harvest.append(signatures_of(made)[1 - index])
        assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS
    assert harvest == []


@pytest.mark.parametrize("is_final", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("index", [1, 20, 40])
def test_a_coin_that_we_signed_counts_as_ours(kind: str, index: int, is_final: bool) -> None:
    """Its derivation is gone, its signature holds: without a search it would pass for another's."""
    signatures = signatures_of(both(kind, index))
    whole = text(review(both(kind, index).encode(), keyring()).pages)
    made = both(kind, index)
    strip(made, 1, *signatures[1], is_final=is_final)
    shown = text(review(made.encode(), keyring()).pages)
    assert "Pay 149 000 sats\nFee 1 000 sats" in shown
    assert "Change to you 100 000 sats\n" in shown
    assert "From 2 coins, 250 000 sats\n" in shown
    assert "somebody else" not in shown
    assert shown.partition("Digest")[0] == whole.partition("Digest")[0]


def test_a_coin_of_ours_with_a_wrong_signature_is_none_of_others() -> None:
    made = both("wpkh", 5)
    [[(key, value)], _] = signatures_of(made)
    strip(made, 0, (key, value[:20] + bytes((value[20] ^ 1,)) + value[21:]))
    assert refusal(made, keyring()) is BitcoinReason.BAD_SIGNATURE


def test_an_amount_of_a_coin_found_to_be_ours_has_to_be_proven() -> None:
    made = both("wpkh", 5)
    [_, signatures] = signatures_of(made)
    strip(made, 1, *signatures, is_final=True)
    made.ins[1].drop(0x00)
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


@pytest.mark.parametrize("kind", KINDS)
def test_a_coin_far_away_that_we_signed_before_is_ours(kind: str) -> None:
    """No search finds it; the history of what was signed knows it."""
    reviewed = review(both(kind).encode(), keyring())
    [_, signatures] = signatures_of(both(kind))
    past = CHAIN.remember(reviewed, b"")
    made = both(kind)
    strip(made, 1, *signatures)
    with pytest.raises(Refused) as refused:
        CHAIN.review(made.encode(), keyring(), "regtest", history=past)
    assert refused.value.reason is BitcoinReason.INPUT_IS_OURS


def searched(places: list[AccountIndex]) -> list[tuple[int, int]]:
    """(branch, index) of all that is looked at near these coins."""
    found = foreign.own_scripts(places, keyring()).values()
    return sorted((place.branch, place.index) for place in found)


def test_the_search_is_bounded_whatever_the_account() -> None:
    """Some 160 keys are derived, half of them behind the last coin, on both branches (T75)."""
    keys = keyring()
    single = [review(both(kind).encode(), keys).subject.inputs[1].location for kind in KINDS]
    near = [(branch, FAR + step) for branch in (0, 1) for step in range(-40, 41)]
    assert searched(single[:1]) == near
    half = [(branch, FAR + step) for branch in (0, 1) for step in range(-20, 21)]
    assert searched(single) == sorted(2 * half)
    of = vault("wsh(sortedmulti(2,@0/**,@1/**))", keys, keyring(OTHER))
    place = registry.unseal(of.record(keys), keys).location(keys, 0, FAR)
    assert searched([place]) == half


def test_the_search_reaches_the_first_and_the_last_index() -> None:
    of = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER))
    account = registry.unseal(of.record(keyring()), keyring())
    for index, indexes in ((HARDENED - 1, range(HARDENED - 21, HARDENED)), (0, range(21))):
        place = account.location(keyring(), 0, index)
        assert searched([place]) == [(branch, at) for branch in (0, 1) for at in indexes]


@pytest.mark.parametrize("index", [HARDENED - 1, HARDENED, 2 * HARDENED - 1])
def test_the_search_ends_where_indexes_end(index: int) -> None:
    made = both("wpkh", index)
    made.ins.reverse()
    strip(made, 1, (b"\x02" + keyring().public_key(psbts.path()), bytes(71)))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS
