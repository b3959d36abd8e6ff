"""A checked payment: its sums are those of the bytes, and its pages say them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.payment import inputs
from signer.chains.bitcoin.payment.outputs import OutputRole
from signer.errors import CommonReason
from signer.review import Kind, Shape
from tests import psbts
from tests.psbts import PAYEE, Out, draft, keyring, refusal, review, sign, text

kinds = st.sampled_from(psbts.KINDS)


def test_an_ordinary_payment_reads_like_this() -> None:
    reviewed = review(draft(keyring(), 2, fee_sats=141).encode(), keyring())
    digest = reviewed.digest.hex()
    assert text(reviewed.pages) == (
        "[Recipient 1 of 1]\nPay 25 000 sats\nto bcrt1qd5rjcgqc8utye96v4exs0gkr2w8a7ssv5sh37u\n"
        "[Details]\nChange to you 174 859 sats\nNetwork regtest\n"
        "Change to you 174 859 sats\n"
        "Comes back to you at bcrt1qdz50mh3c5n2nyhazlxcum3ckwd7vppfh3r8tkx\n"
        "path 84h/1h/0h/1/3, checked\n"
        "Account 84h/1h/0h\nNetwork regtest\nFrom 2 coins, 200 000 sats\n"
        f"Fee can be raised later: yes\nDigest {digest}\n"
        "[Total]\nPay 25 000 sats\nFee 141 sats (0.6 %)\nRate 0.7 sat/vB\nTotal 25 141 sats\n"
        f"Words to compare {' '.join(reviewed.words)}"
    )


def test_an_address_is_whole_and_marked_for_groups_of_four() -> None:
    pages = review(draft(keyring()).encode(), keyring()).pages
    recipient = next(page for page in pages if page.kind is Kind.RECIPIENT)
    address = next(fact for fact in recipient.facts if fact.shape is Shape.ADDRESS)
    assert address.value == "bcrt1qd5rjcgqc8utye96v4exs0gkr2w8a7ssv5sh37u"


def test_every_output_has_its_page() -> None:
    made = draft(keyring(), 3, outputs=((1_000, PAYEE),) * 40)
    pages = review(made.encode(), keyring()).pages
    assert sum(page.kind is Kind.RECIPIENT for page in pages) == 40
    assert pages[39].title == "Recipient 40 of 40"
    assert "Pay 40 000 sats\nto 40 recipients\nFee" in text(pages)


@settings(max_examples=60)
@given(
    kinds,
    st.integers(1, 4),
    st.lists(st.integers(300, 9_000), max_size=4),
    st.integers(0, 5_000),
)
def test_the_sums_are_those_of_the_bytes(
    script: str, coins: int, paid: list[int], fee: int
) -> None:
    made = draft(keyring(), coins, script, tuple((sats, PAYEE) for sats in paid), fee_sats=fee)
    spend = review(made.encode(), keyring()).subject
    assert spend.spent_sats == coins * 100_000
    assert spend.paid_sats == sum(paid)
    assert spend.fee_sats == fee
    assert [target.role for target in spend.outputs] == [
        *[OutputRole.PAYMENT] * len(paid),
        OutputRole.CHANGE,
    ]


@settings(max_examples=25, deadline=None)
@given(kinds, st.integers(1, 5), st.permutations(range(5)), st.booleans())
def test_what_is_approved_is_accepted_by_bitcoin_core(
    script: str, coins: int, order: list[int], own_address: bool
) -> None:
    keys = keyring()
    made = draft(keys, coins, script)
    made.ins = [made.ins[i] for i in order if i < coins]
    if own_address:
        made.outs.insert(0, psbts.change(keys, psbts.path(script, 0, 1), 5_000))
        made.outs[-1].sats -= 5_000
    sign(made.encode(), keys)


@pytest.mark.parametrize(
    ("script", "coins", "weight"),
    [
        ("pkh", 1, 4 * (10 + 31 + 34 + 147)),
        ("pkh", 2, 4 * (10 + 31 + 34 + 2 * 147)),
        ("sh(wpkh)", 1, 4 * (10 + 31 + 32 + 64) + 2 + 107),
        ("wpkh", 1, 4 * (10 + 31 + 31 + 41) + 2 + 107),
        ("wpkh", 2, 4 * (10 + 31 + 31 + 2 * 41) + 2 + 2 * 107),
        ("wpkh", 3, 4 * (10 + 31 + 31 + 3 * 41) + 2 + 3 * 107),
        ("tr", 1, 4 * (10 + 31 + 43 + 41) + 2 + 66),
        ("tr", 3, 4 * (10 + 31 + 43 + 3 * 41) + 2 + 3 * 66),
    ],
)
def test_the_size_is_that_of_the_signed_transaction(script: str, coins: int, weight: int) -> None:
    """Reckoned by hand (BIP141): counts and locks, two outputs, inputs, and their witnesses."""
    spend = review(draft(keyring(), coins, script).encode(), keyring()).subject
    assert spend.vbytes == -(-weight // 4)


def test_more_legacy_coins_than_can_be_hashed_in_time_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of their signatures hashes the whole transaction: the square of the request (T75)."""
    raw = draft(keyring(), 10, "pkh").encode()
    hashed = 10 * len(review(raw, keyring()).subject.psbt.unsigned_tx)
    monkeypatch.setattr(inputs, "MAX_LEGACY_HASHED_BYTES", hashed)
    review(raw, keyring())
    monkeypatch.setattr(inputs, "MAX_LEGACY_HASHED_BYTES", hashed - 1)
    assert refusal(raw, keyring()) is CommonReason.TOO_LARGE
    for script in ("sh(wpkh)", "wpkh", "tr"):
        review(draft(keyring(), 20, script).encode(), keyring())


def test_data_beside_a_payment_does_not_change_what_is_paid() -> None:
    made = draft(keyring())
    made.outs.append(Out([], 0, b"\x6a\x01x"))
    assert review(made.encode(), keyring()).subject.paid_sats == 25_000


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 100, "0 %"),
        (0, 0, "0 %"),
        (1, 0, "all of it"),
        (1, 100_000, "under 0.1 %"),
        (49, 100_000, "under 0.1 %"),
        (50, 100_000, "0.1 %"),
        (141, 25_000, "0.6 %"),
        (5, 100, "5.0 %"),
        (9_949, 100_000, "9.9 %"),
        (9_950, 100_000, "10 %"),
        (31, 100, "31 %"),
        (5_000, 10, "50 000 %"),
    ],
)
def test_a_share_is_never_rounded_away(part: int, whole: int, said: str) -> None:
    assert wording.share(part, whole) == said


@pytest.mark.parametrize(
    ("fee", "vbytes", "said"),
    [
        (141, 141, "1.0 sat/vB"),
        (200, 141, "1.4 sat/vB"),
        (0, 141, "0.0 sat/vB"),
        (141_000, 10, "14 100.0 sat/vB"),
    ],
)
def test_a_rate_has_one_decimal(fee: int, vbytes: int, said: str) -> None:
    assert units.rate(fee, vbytes) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0, "0 sats"),
        (1, "1 sat"),
        (999, "999 sats"),
        (25_000, "25 000 sats"),
        (10**8, "100 000 000 sats"),
    ],
)
def test_an_amount_has_its_unit(amount: int, said: str) -> None:
    assert units.sats(amount) == said
