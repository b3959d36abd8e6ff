"""What was shown is what is signed: the approval holds the parsed payment itself."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.payment.inputs import SpentInput
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
from signer.review import Approval, Review
from tests import psbts
from tests.nights import AT_NIGHT, IS_NIGHT, cases
from tests.psbts import OTHER, Draft, Vault, bit_flips, build, draft, keyring, review

FLIPS = 10_000 if IS_NIGHT else 4_000  # of all kinds together
SHARED = (
    "sh(sortedmulti(2,@0/**,@1/**))",
    "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(144))))",
    "tr(@0/**,{pk(@1/**),and_v(v:pk(@1/<2;3>/*),after(9))})",
    "tr(musig(@0,@1)/**,and_v(v:pk(@1/**),after(9)))",
)
KINDS = (*psbts.KINDS, *SHARED)
ALL_KINDS = pytest.mark.parametrize("kind", cases(KINDS, {*psbts.KINDS, *SHARED[:2]}))


def account(kind: str) -> Vault:
    both = (keyring(), keyring(OTHER))
    return psbts.vault(kind, *(both[::-1] if kind.startswith("tr") else both))


def payment(kind: str, version: int = 0) -> Draft:
    made = draft(account(kind) if kind in SHARED else keyring(), 2, kind)
    made.psbt_version = version
    return made


def reviewed(raw: bytes, kind: str) -> Review[CheckedPayment]:
    return review(raw, keyring(), "regtest", RECORDS[kind])


RECORDS = {kind: [account(kind).record(keyring())] if kind in SHARED else [] for kind in KINDS}


@ALL_KINDS
@pytest.mark.parametrize("version", [0, pytest.param(2, marks=AT_NIGHT)])
def test_no_turned_bit_gets_a_signature_over_something_else(kind: str, version: int) -> None:
    """Each bent copy is shut out, or looks different on screen, or would sign the very same."""
    raw = payment(kind, version).encode()
    shown = reviewed(raw, kind)
    unchanged = 0
    for bent in bit_flips(raw, FLIPS // len(KINDS) // (version * 4 or 1), kind.encode()):
        try:
            again = reviewed(bent, kind)
        except (Malformed, Refused):
            continue
        assert (again.pages == shown.pages) is (again.digest == shown.digest)
        if again.digest == shown.digest:
            assert again.subject.psbt.unsigned_tx == shown.subject.psbt.unsigned_tx
            assert jobs(again) == jobs(shown)
            unchanged += 1
        else:
            with pytest.raises(Refused):
                again.approve(shown.pages)
    # The fields of other signers, which nothing here depends on.
    assert unchanged < FLIPS // len(KINDS) // (2 if kind in SHARED else 20)


def jobs(of: Review[CheckedPayment]) -> list[object]:
    return [job for coin in of.subject.inputs for job in coin.tasks]


def changes(kind: str) -> Iterator[tuple[str, Callable[[Draft], None]]]:
    """Every field that a hash of BIP143 or BIP341 commits to, changed."""

    def moved(made: Draft) -> None:
        # Another coin of the same place and amount: only its outpoint differs.
        if kind in SHARED:
            made.ins[1] = psbts.shared_coin(account(kind), 0, 1, 100_000, 77)
        else:
            made.ins[1] = psbts.coin(keyring(), psbts.path(kind, 0, 1), 100_000, 77)

    def spent_script(made: Draft) -> None:
        if kind in SHARED:
            made.ins[1] = psbts.shared_coin(account(kind), 0, 2, 100_000, 1)
        else:
            made.ins[1] = psbts.coin(keyring(), psbts.path(kind, 0, 2), 100_000, 1)

    def spent_amount(made: Draft) -> None:
        if kind in SHARED:
            made.ins[1] = psbts.shared_coin(account(kind), 0, 1, 100_001, 1)
        else:
            made.ins[1] = psbts.coin(keyring(), psbts.path(kind, 0, 1), 100_001, 1)

    yield "version", lambda made: setattr(made, "version", 1)
    yield "locktime", lambda made: setattr(made, "locktime", 1)
    yield "sequence", lambda made: setattr(made.ins[1], "sequence", 0xFFFFFFFE)
    yield "amount paid", lambda made: setattr(made.outs[0], "sats", 24_999)
    yield "script paid", lambda made: setattr(made.outs[0], "script", b"\x00\x14" + bytes(20))
    yield "amount of change", lambda made: setattr(made.outs[1], "sats", 174_799)
    yield "order of outputs", lambda made: made.outs.reverse()
    yield "order of coins", lambda made: made.ins.reverse()
    yield "one output less", lambda made: made.outs.pop(0) and None
    yield "outpoint", moved
    yield "script spent", spent_script
    yield "amount spent", spent_amount


@ALL_KINDS
def test_every_committed_field_changes_the_digest_and_so_a_page(kind: str) -> None:
    seen = {reviewed(payment(kind).encode(), kind).digest: "nothing"}
    for name, change in changes(kind):
        made = payment(kind)
        change(made)
        # Without the payment, the fee would be absurd where the change does not take it up.
        try:
            again = reviewed(made.encode(), kind)
        except Refused:
            continue
        assert again.digest.hex() == psbts.digest_line(again.pages)
        assert again.digest not in seen, f"{name} looks like {seen[again.digest]}"
        seen[again.digest] = name
    assert len(seen) >= 12


@ALL_KINDS
def test_the_hash_type_changes_the_digest(kind: str) -> None:
    """ALL and DEFAULT commit to the same and sign different hashes (BIP341)."""
    digests = set()
    for flag in (None, 1, 0x81, 0x02, 0x03):
        made = payment(kind)
        if flag is not None:
            made.ins[0].put(0x03, flag.to_bytes(4, "little"))
        expert = review(made.encode(), keyring(), "regtest", RECORDS[kind], expert=True)
        digests.add(expert.digest)
    assert len(digests) == (5 if kind.startswith("tr") else 4)


def test_the_network_and_the_account_change_the_digest() -> None:
    """The same transaction on another network, or for an account of another name."""
    raw = build(keyring())
    assert review(raw, keyring(), "regtest").digest != review(raw, keyring(), "testnet").digest
    kind = SHARED[0]
    renamed = psbts.vault(kind, keyring(), keyring(OTHER), name="Other")
    other = review(payment(kind).encode(), keyring(), "regtest", [renamed.record(keyring())])
    assert other.digest != reviewed(payment(kind).encode(), kind).digest


def test_what_is_signed_already_changes_the_digest() -> None:
    """Two coins to sign are not one, though the payment is the same."""
    made = draft(keyring(), 2)
    whole = review(made.encode(), keyring())
    signed = psbts.kernel.container.parse(psbts.sign(made.encode(), keyring()))
    made.ins[0].records = list(signed.inputs[0].records)
    assert review(made.encode(), keyring()).digest != whole.digest


@ALL_KINDS
def test_a_digest_bent_in_memory_signs_nothing(kind: str) -> None:
    """A fault between the check and the signature: what leaves is hashed anew from its bytes."""
    shown = reviewed(payment(kind).encode(), kind)
    for at, coin in enumerate(shown.subject.inputs):
        for bit in (0, 100, 255):
            bent = _bent(coin, bit)
            coins = (*shown.subject.inputs[:at], bent, *shown.subject.inputs[at + 1 :])
            subject = dataclasses.replace(shown.subject, inputs=coins)
            approval = dataclasses.replace(shown, subject=subject).approve(shown.pages)
            with pytest.raises(CrossCheckFailed):
                CHAIN.sign(approval, keyring(), bytearray(b"\x01" * 32))


def _bent(coin: SpentInput, bit: int) -> SpentInput:
    first, *rest = coin.tasks
    number = int.from_bytes(first.digest, "big") ^ 1 << bit
    digest = number.to_bytes(32, "big")
    return dataclasses.replace(coin, tasks=(dataclasses.replace(first, digest=digest), *rest))


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


def _approved(raw: bytes | bytearray) -> Approval[CheckedPayment]:
    reviewed = review(raw, keyring())  # type: ignore[arg-type]  # a link may hand in its buffer
    return reviewed.approve(reviewed.pages)


def test_an_approval_is_good_once() -> None:
    keys = keyring()
    approval = _approved(build(keys))
    CHAIN.sign(approval, keys)
    with pytest.raises(Refused) as refused:
        CHAIN.sign(approval, keys)
    assert refused.value.reason is CommonReason.APPROVAL_SPENT


def test_an_approval_is_good_for_its_own_keys_only() -> None:
    other = keyring("legal winner thank year wave sausage worth useful legal winner thank yellow")
    with pytest.raises(Refused) as refused:
        CHAIN.sign(_approved(build(keyring())), other)
    assert refused.value.reason is CommonReason.WRONG_KEYS
