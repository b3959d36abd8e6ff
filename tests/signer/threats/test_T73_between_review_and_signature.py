"""What was shown is what is signed: the approval holds the parsed payment itself."""

import dataclasses

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.spend import Spend
from signer.errors import Malformed, Reason, Refused
from signer.review import Approval
from tests.psbts import bit_flips, build, draft, keyring, review

FLIPS = 10_000


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_no_turned_bit_gets_a_signature_over_something_else(script: str) -> None:
    """Each bent copy is shut out, or looks different on screen, or would sign the very same."""
    keys = keyring()
    raw = build(keys, 2, script)
    shown = review(raw, keys)
    digests = [coin.digest for coin in shown.subject.coins]
    unchanged = 0
    for bent in bit_flips(raw, FLIPS // 2, script.encode()):
        try:
            again = review(bent, keys)
        except (Malformed, Refused):
            continue
        if (again.pages, again.words) == (shown.pages, shown.words):
            assert again.subject.psbt.unsigned_tx == shown.subject.psbt.unsigned_tx
            assert [coin.digest for coin in again.subject.coins] == digests
            unchanged += 1
        else:
            with pytest.raises(Refused):
                dataclasses.replace(again, words=shown.words).approve(shown.pages + again.pages)
    assert unchanged < FLIPS // 20


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_every_committed_field_shows(script: str) -> None:
    """Changing any one of them changes a page or the words."""
    keys = keyring()
    shown = review(draft(keys, 2, script).encode(), keys)

    def changed(**fields: int) -> bool:
        made = draft(keys, 2, script)
        made.version = fields.get("version", made.version)
        made.locktime = fields.get("locktime", made.locktime)
        made.ins[1].sequence = fields.get("sequence", made.ins[1].sequence)
        made.outs[0].sats -= fields.get("sats", 0)
        made.outs[0].script = (
            bytes.fromhex("0014") + bytes(20) if fields.get("script") else made.outs[0].script
        )
        if fields.get("order"):
            made.outs.reverse()
        if fields.get("coins"):
            made.ins.reverse()
        again = review(made.encode(), keys)
        return (again.pages, again.words) != (shown.pages, shown.words)

    fields = ("version", "locktime", "sequence", "sats", "script", "order", "coins")
    assert [name for name in fields if not changed(**{name: 1})] == []


def test_the_payment_under_review_cannot_be_changed() -> None:
    subject = review(build(keyring()), keyring()).subject
    for name in ("psbt", "coins", "targets", "network"):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
            setattr(subject, name, None)
    with pytest.raises(TypeError):
        subject.psbt.inputs[0].records[0] = (b"", b"")  # type: ignore[index]  # it must not work


def test_bytes_that_change_after_the_review_change_nothing() -> None:
    keys = keyring()
    raw = bytearray(build(keys, 2))
    expected = CHAIN.sign(_approved(bytes(raw)), keys)
    approval = _approved(raw)
    raw[:] = bytes(len(raw))
    assert CHAIN.sign(approval, keys) == expected


def _approved(raw: bytes | bytearray) -> Approval[Spend]:
    reviewed = review(raw, keyring())  # type: ignore[arg-type]  # a link may hand in its buffer
    return reviewed.approve(reviewed.pages)


def test_an_approval_is_good_once() -> None:
    keys = keyring()
    approval = _approved(build(keys))
    CHAIN.sign(approval, keys)
    with pytest.raises(Refused) as refused:
        CHAIN.sign(approval, keys)
    assert refused.value.reason is Reason.APPROVAL_SPENT


def test_an_approval_is_good_for_its_own_keys_only() -> None:
    other = keyring("legal winner thank year wave sausage worth useful legal winner thank yellow")
    with pytest.raises(Refused) as refused:
        CHAIN.sign(_approved(build(keyring())), other)
    assert refused.value.reason is Reason.WRONG_KEYS
