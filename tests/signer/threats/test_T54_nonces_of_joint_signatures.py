"""T54: a nonce used for two partial signatures gives the key away.

So it is kept in memory alone, found by its public nonce, handed out once, and only for the key,
group and digest it was made for. Two other signers, or a host, that replay or bend a session or a
payment between its two rounds get nothing.
"""

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.psbt import fields as psbt_fields
from signer.chains.bitcoin.psbt.maps import Map
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Reason, Refused
from signer.hashes import sha256
from signer.keys import curve, musig
from signer.keys.curve.musig import Group, Session, musig_nonce, musig_sign
from signer.keys.keyring import Keyring
from signer.keys.nonces import MAX_OPEN, Nonces
from signer.keys.path import parse
from tests import kernel, psbts
from tests.psbts import OTHER, PAYEE, Draft, Vault

PATH = parse("m/86h/1h/0h/0/3")
DIGEST = bytes(range(32))


def ring(seed: int) -> Keyring:
    return Keyring(bytearray(range(seed, seed + 64)))


def random(number: int) -> bytearray:
    return bytearray(sha256(b"draw" + bytes((number,))))


@pytest.fixture
def rings() -> list[Keyring]:
    return [ring(0), ring(1)]


@pytest.fixture
def session(rings: list[Keyring]) -> Session:
    group = musig.group([one.public_key(PATH) for one in rings])
    nonces = [musig.begin(one, PATH, group, DIGEST, random(n)) for n, one in enumerate(rings)]
    return Session(group, tuple(nonces), DIGEST)


def refused(reason: Reason, keys: Keyring, session: Session, path: tuple[int, ...] = PATH) -> None:
    with pytest.raises(Refused) as refusal:
        musig.sign(keys, path, session)
    assert refusal.value.reason is reason


def test_a_session_is_signed_once(rings: list[Keyring], session: Session) -> None:
    musig.sign(rings[0], PATH, session)
    refused(CommonReason.NONCE_GONE, rings[0], session)


def test_a_cosigner_who_comes_back_with_another_nonce_gets_nothing(
    rings: list[Keyring], session: Session
) -> None:
    # The attack itself: with our two answers to two nonces of theirs, the key is a division away.
    musig.sign(rings[0], PATH, session)
    theirs = musig.begin(rings[1], PATH, session.group, DIGEST, random(7))
    again = replace(session, public_nonces=(session.public_nonces[0], theirs))
    refused(CommonReason.NONCE_GONE, rings[0], again)


def test_a_nonce_serves_only_the_digest_it_was_made_for(
    rings: list[Keyring], session: Session
) -> None:
    refused(CommonReason.NONCE_ELSEWHERE, rings[0], replace(session, digest=bytes(32)))
    refused(CommonReason.NONCE_GONE, rings[0], session)


def test_a_nonce_serves_only_the_group_and_tweaks_it_was_made_for(
    rings: list[Keyring], session: Session
) -> None:
    keys = session.group.public_keys
    others = [
        musig.group(keys, (0,)),
        musig.group(keys, (), b""),
        musig.group((keys[0], ring(2).public_key(PATH))),
    ]
    for number, group in enumerate(others):
        nonce = musig.begin(rings[0], PATH, session.group, DIGEST, random(10 + number))
        bent = Session(group, (nonce, session.public_nonces[1]), DIGEST)
        refused(CommonReason.NONCE_ELSEWHERE, rings[0], bent)
        refused(CommonReason.NONCE_GONE, rings[0], replace(bent, group=session.group))


def test_a_nonce_serves_only_the_path_it_was_made_for(rings: list[Keyring]) -> None:
    path = (*PATH[:-1], 4)
    group = musig.group([rings[0].public_key(PATH), rings[0].public_key(path)])
    nonces = tuple(
        musig.begin(rings[0], p, group, DIGEST, random(n)) for n, p in enumerate((PATH, path))
    )
    swapped = Session(group, nonces[::-1], DIGEST)
    refused(CommonReason.NONCE_ELSEWHERE, rings[0], swapped, PATH)
    refused(CommonReason.NONCE_ELSEWHERE, rings[0], swapped, path)


def test_a_bent_public_nonce_of_a_cosigner_uses_ours_up(
    rings: list[Keyring], session: Session
) -> None:
    bent = replace(session, public_nonces=(session.public_nonces[0], b"\4" + bytes(65)))
    with pytest.raises(Malformed, match="signer 2"):
        musig.sign(rings[0], PATH, bent)
    refused(CommonReason.NONCE_GONE, rings[0], session)


def test_every_flipped_bit_of_our_own_public_nonce_is_refused(
    rings: list[Keyring], session: Session
) -> None:
    for bit in range(8 * 66):
        bent = bytearray(session.public_nonces[0])
        bent[bit // 8] ^= 1 << bit % 8
        nonces = (bytes(bent), session.public_nonces[1])
        refused(CommonReason.NONCE_GONE, rings[0], replace(session, public_nonces=nonces))
    musig.sign(rings[0], PATH, session)


def test_another_device_with_the_same_seed_does_not_know_the_nonce(session: Session) -> None:
    refused(CommonReason.NONCE_GONE, ring(0), session)


def test_locking_wipes_the_nonces_with_the_keys(rings: list[Keyring], session: Session) -> None:
    secret_nonce, _ = rings[0].nonces._open[session.public_nonces[0]]
    assert any(secret_nonce)
    rings[0].wipe()
    assert secret_nonce == bytes(132)
    assert len(rings[0].nonces) == 0
    refused(CommonReason.KEYS_WIPED, rings[0], session)


def test_a_used_nonce_is_erased_even_if_signing_fails(
    monkeypatch: pytest.MonkeyPatch, rings: list[Keyring], session: Session
) -> None:
    secret_nonce, _ = rings[0].nonces._open[session.public_nonces[0]]
    monkeypatch.setattr("signer.keys.curve.musig.musig_verify", lambda *_: False)
    with pytest.raises(CrossCheckFailed):
        musig.sign(rings[0], PATH, session)
    assert secret_nonce == bytes(132)


def test_a_nonce_made_for_something_else_is_erased(rings: list[Keyring], session: Session) -> None:
    secret_nonce, _ = rings[0].nonces._open[session.public_nonces[0]]
    refused(CommonReason.NONCE_ELSEWHERE, rings[0], replace(session, digest=bytes(32)))
    assert secret_nonce == bytes(132)


def test_only_so_many_nonces_wait(rings: list[Keyring]) -> None:
    group = musig.group([rings[0].public_key(PATH)])
    for number in range(MAX_OPEN):
        digest = number.to_bytes(32, "big")
        last = musig.begin(rings[0], PATH, group, digest, bytearray(b"\1" * 32))
    with pytest.raises(Refused) as refusal:
        musig.begin(rings[0], PATH, group, DIGEST, bytearray(b"\1" * 32))
    assert refusal.value.reason is CommonReason.TOO_MANY_NONCES
    with pytest.raises(Refused):
        musig.check_room(rings[0], 1)
    musig.sign(rings[0], PATH, Session(group, (last,), digest))
    musig.begin(rings[0], PATH, group, DIGEST, bytearray(b"\1" * 32))


def test_a_random_source_that_is_stuck_repeats_no_nonce(rings: list[Keyring]) -> None:
    group = musig.group([rings[0].public_key(PATH)])
    nonces = {musig.begin(rings[0], PATH, group, DIGEST, bytearray(b"\1" * 32)) for _ in range(50)}
    assert len(nonces) == 50


def test_nonces_are_not_copied_stored_or_shown(rings: list[Keyring], session: Session) -> None:
    nonces = rings[0].nonces
    secret_nonce, _ = nonces._open[session.public_nonces[0]]
    for store in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            store(nonces)
    shown = f"{nonces!r} {nonces!s} {rings[0]!r}"
    assert secret_nonce[4:36].hex() not in shown
    assert "bytearray" not in shown


def secret_nonce_and_group(number: int = 1) -> tuple[bytearray, bytearray, Group, bytes]:
    key = bytearray(bytes(31) + bytes((number,)))
    group = Group((curve.public_key(key),))
    secret_nonce, public = musig_nonce(group, 0, DIGEST, (key, random(0)), bytes(32))
    return key, secret_nonce, group, public


def test_the_arithmetic_itself_takes_a_nonce_once() -> None:
    # The library would end this process for it; a fault elsewhere must not come that far.
    key, secret_nonce, group, public = secret_nonce_and_group()
    session = Session(group, (public,), DIGEST)
    musig_sign(session, 0, key, secret_nonce)
    assert secret_nonce == bytes(132)
    with pytest.raises(CrossCheckFailed, match="used before"):
        musig_sign(session, 0, key, secret_nonce)


def test_the_arithmetic_takes_a_nonce_for_its_own_key_alone() -> None:
    _, secret_nonce, group, public = secret_nonce_and_group()
    other = bytearray(bytes(31) + b"\2")
    with pytest.raises(CrossCheckFailed, match="another key"):
        musig_sign(Session(group, (public,), DIGEST), 0, other, secret_nonce)
    assert secret_nonce == bytes(132)


def with_numbers(first: bytes, second: bytes) -> tuple[bytearray, bytearray, Session]:
    """A key, a secret nonce of these two numbers, and the session it is for."""
    key, secret_nonce, group, _ = secret_nonce_and_group()
    secret_nonce[4:68] = first + second
    public = b"".join(
        curve.public_key(bytearray(n if any(n) else OTHER_NUMBER)) for n in (first, second)
    )
    return key, secret_nonce, Session(group, (public,), DIGEST)


FIRST_BYTE, LAST_BYTE, OTHER_NUMBER = b"\1" + bytes(31), bytes(31) + b"\1", b"\5" * 32


@pytest.mark.parametrize("number", [FIRST_BYTE, LAST_BYTE])
def test_a_nonce_of_which_one_number_is_erased_signs_nothing(number: bytes) -> None:
    # A nonce is two numbers because one alone falls to whoever chooses his own last (BIP327).
    for halves in ((bytes(32), number), (number, bytes(32))):
        key, secret_nonce, session = with_numbers(*halves)
        with pytest.raises(CrossCheckFailed, match="used before"):
            musig_sign(session, 0, key, secret_nonce)


@pytest.mark.parametrize("number", [FIRST_BYTE, LAST_BYTE])
def test_a_nonce_s_number_is_erased_only_if_every_byte_of_it_is(number: bytes) -> None:
    for halves in ((OTHER_NUMBER, number), (number, OTHER_NUMBER)):
        key, secret_nonce, session = with_numbers(*halves)
        assert musig_sign(session, 0, key, secret_nonce)


def test_a_nonce_of_any_other_size_or_mark_is_no_nonce() -> None:
    key, secret_nonce, group, public = secret_nonce_and_group()
    session = Session(group, (public,), DIGEST)
    for wrong in (bytearray(), secret_nonce[:-1], secret_nonce + b"\0"):
        with pytest.raises(Malformed):
            musig_sign(session, 0, key, wrong)


def test_taking_what_is_not_there_is_refused() -> None:
    with pytest.raises(Refused):
        Nonces().take(bytes(66), None)


# --- the same in the flow of payments


NONCES = psbt_fields.MUSIG2_PUB_NONCE


@pytest.fixture
def vault() -> Vault:
    return psbts.vault("tr(musig(@0,@1)/**)", psbts.keyring(), psbts.keyring(OTHER))


def turn(raw: bytes, vault: Vault, keys: Keyring) -> bytes:
    return psbts.sign_part(raw, keys, "regtest", [vault.record(keys)])


def begun(vault: Vault, made: Draft | None = None) -> bytes:
    """A payment with the nonces of both signers."""
    ours, theirs = vault.signers
    return turn(turn((made or psbts.draft(vault)).encode(), vault, ours), vault, theirs)


def why(raw: bytes, vault: Vault, keys: Keyring) -> Reason:
    return psbts.refusal(raw, keys, "regtest", [vault.record(keys)])


def nonces(raw: bytes, index: int = 0) -> dict[bytes, bytes]:
    """The nonces of an input, by the participants' keys."""
    return {key[:33]: value for key, value in container.parse(raw).inputs[index].records_of(NONCES)}


def carried(raw: bytes, made: Draft, index: int = 0) -> bytes:
    """Another payment with the nonces of this one."""
    fields = dict(container.parse(raw).inputs[index].fields)
    for name, value in fields.items():
        if name[0] == NONCES:
            made.ins[0].put(NONCES, value, name[1:])
    return made.encode()


def test_a_replayed_first_round_gives_a_nonce_of_its_own(vault: Vault) -> None:
    ours, theirs = vault.signers
    raw = psbts.draft(vault).encode()
    one, other = turn(raw, vault, ours), turn(raw, vault, ours)
    assert nonces(one) != nonces(other)
    for each in (one, other):
        kernel.check(turn(turn(turn(each, vault, theirs), vault, ours), vault, theirs))


def test_a_second_signature_with_the_same_nonce_is_refused(vault: Vault) -> None:
    ours, theirs = vault.signers
    raw = turn(psbts.draft(vault).encode(), vault, ours)
    turn(turn(raw, vault, theirs), vault, ours)
    # The same payment again, and one in which the other signer comes back with another nonce.
    assert why(turn(raw, vault, theirs), vault, ours) is CommonReason.NONCE_GONE


def test_of_two_approvals_of_one_second_round_one_is_served(vault: Vault) -> None:
    ours, raw = vault.signers[0], begun(vault)
    both = [psbts.review(raw, ours, "regtest", [vault.record(ours)]) for _ in range(2)]
    first, second = (reviewed.approve(reviewed.pages) for reviewed in both)
    CHAIN.sign(first, ours)
    with pytest.raises(Refused) as refusal:
        CHAIN.sign(second, ours)
    assert refusal.value.reason is CommonReason.NONCE_GONE


@pytest.mark.parametrize(
    "changed",
    [
        lambda vault: psbts.draft(vault, outputs=((25_001, PAYEE),)),
        lambda vault: psbts.draft(vault, fee_sats=201),
        lambda vault: psbts.draft(vault, outputs=((25_000, b"\x00\x14" + bytes(20)),)),
        lambda vault: replace(psbts.draft(vault), locktime=1),
    ],
    ids=["amount", "fee", "recipient", "locktime"],
)
def test_a_payment_changed_between_the_rounds_is_refused(
    changed: Callable[[Vault], Draft], vault: Vault
) -> None:
    ours, raw = vault.signers[0], begun(vault)
    assert why(carried(raw, changed(vault)), vault, ours) is CommonReason.NONCE_ELSEWHERE
    # The right payment can still be signed: asking for a wrong one costs nothing.
    turn(raw, vault, ours)


def test_another_type_of_signature_between_the_rounds_is_refused(vault: Vault) -> None:
    made = psbts.draft(vault)
    raw = begun(vault)
    made.ins[0].put(psbt_fields.SIGHASH, (1).to_bytes(4, "little"))
    assert why(carried(raw, made), vault, vault.signers[0]) is CommonReason.NONCE_ELSEWHERE


def test_nonces_of_two_coins_cannot_be_exchanged(vault: Vault) -> None:
    ours, request = vault.signers[0], container.parse(begun(vault, psbts.draft(vault, 2)))
    exchanged = []
    for one, other in zip(request.inputs, request.inputs[::-1], strict=True):
        theirs = {key[:33]: value for key, value in other.records_of(NONCES)}
        fields = {k: theirs[k[1:34]] if k[0] == NONCES else v for k, v in one.records}
        exchanged.append(Map(fields))
    raw = replace(request, inputs=tuple(exchanged)).encode()
    assert why(raw, vault, ours) is CommonReason.NONCE_ELSEWHERE


def test_a_nonce_under_our_key_that_is_not_ours_is_refused(vault: Vault) -> None:
    ours, theirs = vault.signers
    raw = turn(psbts.draft(vault).encode(), vault, theirs)
    made = psbts.draft(vault)
    [(name, nonce)] = container.parse(raw).inputs[0].records_of(NONCES)
    [mine] = (key.xpub.public_key for key in vault.policy.keys if key.xpub.public_key != name[:33])
    made.ins[0].put(NONCES, nonce, name)
    made.ins[0].put(NONCES, nonce, mine + name[33:])
    assert why(made.encode(), vault, ours) is CommonReason.NONCE_GONE


def test_after_a_loss_of_power_the_first_round_is_forgotten(vault: Vault) -> None:
    raw = begun(vault)
    assert why(raw, vault, psbts.keyring()) is CommonReason.NONCE_GONE
    ours = vault.signers[0]
    ours.wipe()
    with pytest.raises(Refused) as refusal:
        psbts.review(raw, ours, "regtest", [vault.record(psbts.keyring())])
    assert refusal.value.reason is CommonReason.KEYS_WIPED


def test_a_part_whose_check_fails_uses_the_nonce_up(
    monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    ours, raw = vault.signers[0], begun(vault)
    with monkeypatch.context() as patched:
        patched.setattr("signer.chains.bitcoin.payment.joint.musig2.holds", lambda *_: False)
        with pytest.raises(CrossCheckFailed):
            turn(raw, vault, ours)
    assert why(raw, vault, ours) is CommonReason.NONCE_GONE
