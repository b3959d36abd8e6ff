"""A payment that replaces one, or pays again what was paid: said first; nothing is shortened."""

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.network import MAX_REMEMBERED_COINS
from signer.chains.bitcoin.psbt import fields
from signer.review import Kind, Page
from tests import psbts
from tests.psbts import PAYEE, Draft, Out, draft, keyring, text
from tests.signer import silents

KINDS = pytest.mark.parametrize("script", psbts.KINDS)
SOMEBODY = bytes.fromhex("0014") + bytes(20)
CONFLICT = "It spends a coin of a payment that you signed before: only one of the two can happen."


def payment(
    coins: tuple[int, ...] = (0, 1),
    *outputs: tuple[int, bytes],
    fee_sats: int = 200,
    script: str = "wpkh",
) -> Draft:
    """A payment of these coins of ours, each of 100 000 sats."""
    keys = keyring()
    made = draft(keys, len(coins), script, outputs or ((25_000, PAYEE),), fee_sats=fee_sats)
    made.ins = [psbts.coin(keys, psbts.path(script, 0, n), 100_000, n) for n in coins]
    return made


def read(made: Draft | silents.Payment, past: bytes) -> tuple[Page, ...]:
    return CHAIN.review(made.encode(), keyring(), "regtest", history=past).pages


def signed(*drafts: Draft | silents.Payment) -> bytes:
    """The history after these were signed, one after the other."""
    past = b""
    for made in drafts:
        review = CHAIN.review(made.encode(), keyring(), "regtest", history=past)
        CHAIN.sign(review.approve(review.pages), keyring())
        past = CHAIN.remember(review, past)
    return past


def said(made: Draft | silents.Payment, past: bytes) -> list[str]:
    """The pages that there are because of the history; all the others are what they were."""
    pages, without = read(made, past), read(made, b"")
    extra = len(pages) - len(without)
    kept, plain = text(pages[extra:]), text(without)
    assert kept.replace(psbts.digest_line(pages), "") == plain.replace(
        psbts.digest_line(without), ""
    )
    assert all(page.kind is Kind.WARNING for page in pages[:extra])
    return [text([page]) for page in pages[:extra]]


@KINDS
@pytest.mark.parametrize(
    ("fee_sats", "sentence"),
    [(1_400, "Fee 1 200 sats more."), (150, "Fee 50 sats less."), (201, "Fee 1 sat more.")],
)
def test_a_higher_fee_is_said_with_the_difference(
    script: str, fee_sats: int, sentence: str
) -> None:
    past = signed(payment(script=script))
    [page] = said(payment(fee_sats=fee_sats, script=script), past)
    assert page == f"[Replaces a payment]\n{CONFLICT}\nSame recipient.\n{sentence}"


def test_one_coin_in_common_is_a_replacement_and_wallets_may_shuffle() -> None:
    outputs = ((25_000, PAYEE), (30_000, SOMEBODY))
    past = signed(payment((0, 1), *outputs))
    [page] = said(payment((1, 2), *reversed(outputs)), past)
    assert page == f"[Replaces a payment]\n{CONFLICT}\nSame 2 recipients.\nThe same fee."


@pytest.mark.parametrize(
    "outputs",
    [
        ((25_000, SOMEBODY),),
        ((25_001, PAYEE),),
        ((25_000, PAYEE), (1_000, SOMEBODY)),
        ((25_000, PAYEE), (0, bytes.fromhex("6a0161"))),
    ],
)
def test_whom_a_replacement_pays_is_compared_to_the_last_sat_and_byte(
    outputs: tuple[tuple[int, bytes], ...],
) -> None:
    """A host that exchanges the recipient and calls it a higher fee."""
    past = signed(payment())
    [page] = said(payment((0, 1), *outputs), past)
    assert "\nNot the same recipients and amounts as before.\n" in page
    [page] = said(payment(), signed(payment((0, 1), *outputs)))
    assert "\nNot the same recipients and amounts as before.\n" in page


def test_a_payment_that_is_called_off_pays_nobody() -> None:
    keys = keyring()

    def called_off(sats: int) -> Draft:
        made = payment()
        made.outs = [psbts.change(keys, psbts.path("wpkh", 1, 4), sats)]
        return made

    [page] = said(called_off(199_000), signed(payment()))
    assert "\nNot the same recipients and amounts as before.\nFee 800 sats more." in page
    [page] = said(called_off(199_000), signed(called_off(199_500)))
    assert "\nNothing is paid to others, as before.\nFee 500 sats more." in page


def test_it_is_compared_with_the_last_one_it_replaces() -> None:
    past = signed(payment(), payment(fee_sats=700), payment(fee_sats=400))
    [page] = said(payment(fee_sats=1_000), past)
    assert "Fee 600 sats more." in page


@KINDS
def test_the_same_request_again_is_no_replacement(script: str) -> None:
    """A host that lost the answer asks again: the signatures are the same."""
    past = signed(payment(script=script), payment(fee_sats=400, script=script))
    assert said(payment(script=script), past) == []


@KINDS
def test_the_same_amount_to_the_same_address_again_is_said(script: str) -> None:
    """Two payments where one was meant: the first seemed lost, and the host built another."""
    past = signed(payment((0,), script=script))
    [page] = said(payment((1,), script=script), past)
    assert page == (
        "[Paid before]\nOutput 1: another payment of 25 000 sats to the same address.\n"
        "You signed one before, with other coins: both can happen."
    )


def test_each_repeated_output_is_named_and_no_other() -> None:
    past = signed(payment((0,), (25_000, PAYEE)), payment((1,), (30_000, SOMEBODY)))
    outputs = ((30_000, SOMEBODY), (25_001, PAYEE), (25_000, PAYEE))
    [page] = said(payment((2,), *outputs), past)
    assert [line.split(":")[0] for line in page.splitlines()[1:3]] == ["Output 1", "Output 3"]
    assert "Output 2" not in page
    assert said(payment((2,), (25_000, SOMEBODY), (30_000, PAYEE)), past) == []


def test_what_was_paid_and_is_said_to_be_change_now_is_no_repetition() -> None:
    """Without its derivation an address of ours is a recipient's, which nothing can tell."""
    keys = keyring()

    def moved(coin: int, *, is_told: bool) -> Draft:
        made = payment((coin,))
        made.outs = [psbts.change(keys, psbts.path("wpkh", 1, 4), 99_000)]
        if not is_told:
            made.outs[0].records = []
        return made

    past = signed(moved(0, is_told=False))
    assert said(moved(1, is_told=True), past) == []
    [page] = said(moved(2, is_told=False), past)
    assert page.startswith("[Paid before]")


def test_data_are_not_counted_among_the_recipients_of_a_replacement() -> None:
    outputs = ((25_000, PAYEE), (0, bytes.fromhex("6a0161")))
    [page] = said(payment((0,), *outputs, fee_sats=300), signed(payment((0,), *outputs)))
    assert "\nSame recipient.\n" in page


def test_change_and_data_are_no_recipients() -> None:
    keys = keyring()

    def moved(coin: int) -> Draft:
        made = payment((coin,))
        made.outs = [
            psbts.change(keys, psbts.path("wpkh", 1, 4), 99_000),
            Out([], 0, bytes.fromhex("6a0161")),
        ]
        return made

    assert said(moved(1), signed(moved(0))) == []


def test_a_replacement_is_no_repetition_but_may_repeat_another() -> None:
    """Two payments of one coin cannot both happen; of different coins they can."""
    past = signed(payment((0,)), payment((0,), fee_sats=300))
    [page] = said(payment((0,), fee_sats=400), past)
    assert page.startswith("[Replaces a payment]")
    past = signed(payment((0,)), payment((1,), (26_000, PAYEE)))
    pages = said(payment((1,)), past)
    assert [page.splitlines()[0] for page in pages] == ["[Replaces a payment]", "[Paid before]"]


def test_a_silent_payment_address_is_known_again() -> None:
    """Its script is another one each time."""

    def silent(coin: int) -> silents.Payment:
        made = silents.payment(keyring(), [psbts.path("wpkh", 0, coin)])
        made.outs[0].put(fields.OUT_AMOUNT, (99_000).to_bytes(8, "little"))
        return made

    [page] = said(silent(1), signed(silent(0)))
    assert page.startswith("[Paid before]\nOutput 1: another payment of 99 000 sats")


def test_of_too_many_recipients_none_is_remembered_and_the_whole_still_is() -> None:
    many = tuple(
        (1_000 + number, SOMEBODY[:2] + number.to_bytes(20, "big"))
        for number in range(MAX_REMEMBERED_COINS + 1)
    )
    coins = tuple(range(8))
    past = signed(payment(coins, *many), payment((9,)))
    assert said(payment((10,), many[0]), past) == []
    [page] = said(payment((10,)), past)
    assert page.startswith("[Paid before]")
    [page] = said(payment(coins, *many, fee_sats=1_000), past)
    assert "Same 513 recipients.\nFee 800 sats more." in page


@pytest.mark.parametrize("count", [MAX_REMEMBERED_COINS, MAX_REMEMBERED_COINS + 1])
def test_recipients_that_are_too_many_take_no_room_from_those_before(count: int) -> None:
    def paying(count: int, first: int) -> Draft:
        outputs = tuple(
            (1_000 + number, SOMEBODY[:2] + (first + number).to_bytes(20, "big"))
            for number in range(count)
        )
        return payment(tuple(range(first, first + 8)), *outputs)

    before, after = paying(count, 1_000), paying(MAX_REMEMBERED_COINS + 1, 2_000)
    past = signed(before, after)
    again = payment((1,), (1_000, before.outs[0].script))
    assert len(said(again, past)) == (count <= MAX_REMEMBERED_COINS)


def test_a_payment_that_has_nothing_to_do_with_the_past_looks_as_ever() -> None:
    past = signed(payment((0,)))
    assert said(payment((1,), (26_000, PAYEE)), past) == []
