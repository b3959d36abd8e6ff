"""What the pages of a payment say, to the letter, where a letter could mislead."""

import pytest

from signer.review import Origin
from tests.psbts import OTHER, PAYEE, Out, change, draft, keyring, path, review, text, vault


def shown(data: bytes) -> str:
    made = draft(keyring())
    made.outs.append(Out([], 0, b"\x6a" + data))
    return text(review(made.encode(), keyring()).pages)


def test_data_is_shown_as_hex_and_as_its_printable_letters() -> None:
    page = shown(b"\x05\x1f\x20\x7e\x7f\x80")
    assert "hex 051f207e7f80\nas text .. ~..\n" in page


def test_data_of_nothing_says_so() -> None:
    assert "hex (empty)\nas text (empty)\n" in shown(b"")


@pytest.mark.parametrize("data", [b"", b"\x01a"])
def test_a_payment_without_data_does_not_mention_any(data: bytes) -> None:
    assert "and 1 data record\n" in shown(data)
    assert "data record" not in text(review(draft(keyring()).encode(), keyring()).pages)


@pytest.mark.parametrize(
    ("sequence", "is_replaceable"), [(0xFFFFFFFD, True), (0xFFFFFFFE, False), (0xFFFFFFFF, False)]
)
def test_a_payment_is_replaceable_below_the_last_two_sequences(
    sequence: int, is_replaceable: bool
) -> None:
    """BIP125."""
    made = draft(keyring())
    made.ins[0].sequence = sequence
    shown = text(review(made.encode(), keyring()).pages)
    assert ("Fee can be raised later: yes\n" in shown) is is_replaceable


@pytest.mark.parametrize(
    ("locktime", "when"),
    [(499_999_999, "block 499 999 999"), (500_000_000, "1985-11-05 00:53:20 UTC")],
)
def test_a_locktime_is_a_date_from_500_million_on(locktime: int, when: str) -> None:
    made = draft(keyring())
    made.locktime = locktime
    assert f"\nNot before {when}\n" in text(review(made.encode(), keyring()).pages)


@pytest.mark.parametrize(
    ("sequences", "is_idle"),
    [
        ((0xFFFFFFFF, 0xFFFFFFFF), True),
        ((0xFFFFFFFF, 0xFFFFFFFE), False),
        ((0xFFFFFFFE, 0xFFFFFFFF), False),
    ],
)
def test_a_locktime_is_idle_only_where_every_sequence_is_final(
    sequences: tuple[int, int], is_idle: bool
) -> None:
    made = draft(keyring(), 2)
    made.locktime = 100
    for one, sequence in zip(made.ins, sequences, strict=True):
        one.sequence = sequence
    shown = text(review(made.encode(), keyring()).pages)
    assert ("\nNot before block 100, no effect\n" in shown) is is_idle
    assert ("\nNot before block 100\n" in shown) is not is_idle


def test_a_payment_of_everything_says_that_no_output_is_known_to_be_ours() -> None:
    made = draft(keyring())
    made.outs = [Out([], 99_800, PAYEE)]
    shown = text(review(made.encode(), keyring()).pages)
    said = "[Total]\nPay 99 800 sats\nNo output is known to be yours.\nFee"
    assert said in shown


def test_an_output_without_a_script_is_shown_as_that() -> None:
    made = draft(keyring(), outputs=((25_000, b""),))
    shown = text(review(made.encode(), keyring()).pages)
    assert "[Recipient 1 of 1]\nPay 25 000 sats\nto an unknown script (empty)\n[" in shown


def test_what_goes_to_an_address_of_our_own_is_told_apart_from_change() -> None:
    made = draft(keyring())
    made.outs[-1] = change(keyring(), path("wpkh", 0, 1), made.outs[-1].sats)
    lines = text(review(made.encode(), keyring()).pages).splitlines()
    assert "One of your own addresses." in lines


def test_what_a_registration_vouches_for_is_marked_so() -> None:
    of = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER))
    registered = review(draft(of).encode(), keyring(), "regtest", [of.record(keyring())])
    for reviewed, origin in (
        (registered, Origin.POLICY),
        (review(draft(keyring()).encode(), keyring()), Origin.DERIVED),
    ):
        own = ("Comes back to you at", "account", "path")
        returning = [f for page in reviewed.pages for f in page.facts if f.label in own]
        assert {fact.origin for fact in returning} == {origin}
        account = [f for page in reviewed.pages for f in page.facts if f.label == "Account"]
        assert [fact.origin for fact in account] == [origin]


@pytest.mark.parametrize(("version", "is_said"), [(0, True), (1, False), (2, False), (3, True)])
def test_a_version_that_wallets_do_not_use_is_said(version: int, is_said: bool) -> None:
    made = draft(keyring())
    made.version = version
    shown = text(review(made.encode(), keyring()).pages)
    assert (f"\nVersion {version}" in shown) is is_said
