"""Joint signatures by path: rounds between devices of our own, and BIP328's published keys."""

import hmac
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import sha256
from signer.keys import curve, musig
from signer.keys.curve import raw
from signer.keys.curve.musig import MAX_SIGNERS, Group, Session, Tweak, musig_nonce, musig_sign
from signer.keys.keyring import Keyring
from signer.keys.path import parse
from tests.memory import ORDER
from tests.signer.published import shared

PATH = parse("m/86h/1h/0h/0/3")
DIGEST = bytes(range(32))
SECRET = bytes(31) + b"\1"
GENERATOR = curve.public_key(bytearray(SECRET))


# --- BIP328


def test_the_extended_keys_of_groups_are_as_published() -> None:
    published = json.loads(shared("bip328/vectors.json").read_text())
    for case in published:
        aggregate = curve.musig_aggregate([bytes.fromhex(key) for key in case["keys"]])
        assert aggregate.hex() == case["aggregate_pubkey"]
        assert musig.synthetic(aggregate).encode(bytes.fromhex("0488b21e")) == case["xpub"]
    assert len(published) == 3


def test_the_key_of_a_derived_group_is_the_one_derived_from_its_extended_key() -> None:
    keys = [ring(seed).public_key(PATH) for seed in range(3)]
    expected = musig.synthetic(curve.musig_aggregate(keys)).child(1).child(7).public_key
    assert musig.group(keys, (1, 7)).public_key == expected
    output = musig.group(keys, (1, 7), b"").public_key
    assert output[1:] == curve.taproot_output_key(expected[1:])
    root = sha256(b"a script tree")
    output = musig.group(keys, (1, 7), root).public_key
    assert output[1:] == curve.taproot_output_key(expected[1:], root)


def test_a_group_has_no_hardened_children() -> None:
    with pytest.raises(Malformed):
        musig.group([ring(0).public_key(PATH)], (1 << 31,))


# --- rounds between devices


def ring(seed: int) -> Keyring:
    return Keyring(bytearray(range(seed, seed + 64)))


def random(number: int) -> bytearray:
    return bytearray(sha256(b"a test's random source, draw " + bytes((number,))))


def begun(rings: Sequence[Keyring], group: Group, digest: bytes = DIGEST) -> Session:
    nonces = (musig.begin(one, PATH, group, digest, random(n)) for n, one in enumerate(rings))
    return Session(group, tuple(nonces), digest)


def all_of(rings: Sequence[Keyring], path: tuple[int, ...] = (), root: bytes | None = b"") -> Group:
    return musig.group([one.public_key(PATH) for one in rings], path, root)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5), st.lists(st.integers(0, 2**31 - 1), max_size=3), st.binary(), st.data())
def test_devices_that_follow_both_rounds_make_one_signature_of_the_output_key(
    count: int, path: list[int], message: bytes, data: st.DataObject
) -> None:
    rings = [ring(seed) for seed in range(count)]
    root = data.draw(st.none() | st.just(b"") | st.binary(min_size=32, max_size=32))
    group, digest = all_of(rings, tuple(path), root), sha256(message)
    session = begun(rings, group, digest)
    parts = [musig.sign(one, PATH, session) for one in rings]
    assert all(musig.verify(session, place, part) for place, part in enumerate(parts))
    signature = musig.combine(session, parts)
    assert curve.verify_schnorr(group.public_key[1:], digest, signature)
    assert curve.second_opinion_schnorr(group.public_key[1:], digest, signature)


def test_a_key_that_stands_in_a_group_twice_signs_for_each_place() -> None:
    alone = ring(0)
    group = musig.group([alone.public_key(PATH)] * 2)
    nonces = tuple(musig.begin(alone, PATH, group, DIGEST, random(n)) for n in range(2))
    session = Session(group, nonces, DIGEST)
    parts = [musig.sign(alone, PATH, session) for _ in nonces]
    assert curve.verify_schnorr(group.public_key[1:], DIGEST, musig.combine(session, parts))


def test_a_key_outside_the_group_begins_and_signs_nothing() -> None:
    rings = [ring(seed) for seed in range(3)]
    group = all_of(rings[:2])
    with pytest.raises(Malformed, match="not one of the group"):
        musig.begin(rings[2], PATH, group, DIGEST, random(0))
    session = begun(rings[:2], group)
    with pytest.raises(Malformed, match="not one of the group"):
        musig.sign(rings[2], PATH, session)
    assert len(rings[2].nonces) == 0


def test_randomness_is_erased_by_the_first_round_even_if_it_fails() -> None:
    rings = [ring(seed) for seed in range(2)]
    used, unused = random(1), random(2)
    musig.begin(rings[0], PATH, all_of(rings), DIGEST, used)
    with pytest.raises(Malformed):
        musig.begin(ring(5), PATH, all_of(rings), DIGEST, unused)
    assert used == unused == bytes(32)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_the_first_round_takes_32_bytes_of_randomness(size: int) -> None:
    alone = ring(0)
    with pytest.raises(Malformed, match=f"not {size}"):
        musig.begin(alone, PATH, all_of([alone]), DIGEST, bytearray(b"\1" * size))
    with pytest.raises(Malformed, match="all zeros"):
        musig.begin(alone, PATH, all_of([alone]), DIGEST, bytearray(32))


def test_the_work_of_combining_grows_with_the_signers_and_not_with_their_square(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rings = [ring(seed) for seed in range(5)]
    session = begun(rings, all_of(rings))
    parts = [musig.sign(one, PATH, session) for one in rings]
    aggregations = []
    real = raw.lib

    class Counting:
        def __getattr__(self, name: str) -> object:
            if name == "secp256k1_musig_pubkey_agg":
                aggregations.append(name)
            return getattr(real, name)

    monkeypatch.setattr(raw, "lib", Counting())
    musig.combine(session, parts)
    assert len(aggregations) == 1


def test_a_part_that_is_wrong_is_named_by_its_signer() -> None:
    rings = [ring(seed) for seed in range(3)]
    session = begun(rings, all_of(rings))
    parts = [musig.sign(one, PATH, session) for one in rings]
    for place, part in enumerate(parts):
        bent = bytes((part[0] ^ 1,)) + part[1:]
        for wrong in (bent, b"", part[:-1], part + b"\0", b"\xff" * 32):
            assert not musig.verify(session, place, wrong)
            with pytest.raises(Malformed, match=f"of signer {place + 1} is not valid"):
                musig.combine(session, [*parts[:place], wrong, *parts[place + 1 :]])
    with pytest.raises(Malformed, match="not one partial signature for each key"):
        musig.combine(session, parts[:2])


def test_the_parts_that_are_there_are_judged_and_those_that_are_not_are_left_out() -> None:
    rings = [ring(seed) for seed in range(3)]
    session = begun(rings, all_of(rings))
    parts = [musig.sign(one, PATH, session) for one in rings]
    assert musig.check(session, parts)
    assert musig.check(session, [None, parts[1], None])
    assert not musig.check(session, [None, parts[0], None])
    assert not musig.check(session, [*parts[:2], bytes(32)])


@pytest.mark.parametrize("nonce", [b"", bytes(66), b"\2" * 65, b"\4" + bytes(65)])
def test_a_public_nonce_that_is_none_is_named_by_its_signer(nonce: bytes) -> None:
    rings = [ring(seed) for seed in range(2)]
    good = begun(rings, all_of(rings))
    session = Session(good.group, (good.public_nonces[0], nonce), DIGEST)
    with pytest.raises(Malformed, match="public nonce of signer 2"):
        musig.sign(rings[0], PATH, session)


points = st.binary(min_size=32, max_size=32).map(lambda x: b"\2" + x) | st.just(GENERATOR)


@given(st.lists(points | st.binary(max_size=66), max_size=4), st.data())
def test_no_bytes_of_others_raise_anything_but_malformed(
    keys: list[bytes], data: st.DataObject
) -> None:
    nonce = st.tuples(points, points).map(b"".join) | st.binary(max_size=99)
    nonces = tuple(data.draw(nonce) for _ in keys)
    group = Group(tuple(keys), (Tweak(data.draw(st.binary(max_size=40)), xonly=True),))
    session = Session(group, nonces, data.draw(st.just(DIGEST) | st.binary(max_size=40)))
    partial = data.draw(st.binary(min_size=32, max_size=32) | st.binary(max_size=40))
    for use in (
        lambda: musig.verify(session, 0, partial),
        lambda: musig.combine(session, [partial] * len(keys)),
    ):
        try:
            assert use() is False
        except Malformed:
            continue


def test_a_session_without_a_nonce_for_each_key_is_malformed() -> None:
    rings = [ring(seed) for seed in range(2)]
    good = begun(rings, all_of(rings))
    for nonces in ((), good.public_nonces[:1], good.public_nonces * 2):
        session = Session(good.group, nonces, DIGEST)
        for use in (lambda s: musig.sign(rings[0], PATH, s), lambda s: musig.verify(s, 0, b"")):
            with pytest.raises(Malformed, match="not one public nonce for each key"):
                use(session)


def test_a_group_has_at_least_one_key_and_not_too_many() -> None:
    for count in (0, MAX_SIGNERS + 1):
        with pytest.raises(Malformed, match=f"not {count}"):
            curve.musig_aggregate([GENERATOR] * count)
    assert curve.musig_aggregate([GENERATOR] * MAX_SIGNERS)


def test_a_place_that_no_signer_has_is_malformed() -> None:
    rings = [ring(seed) for seed in range(2)]
    session = begun(rings, all_of(rings))
    for place in (-1, 2):
        with pytest.raises(Malformed, match="place"):
            musig.verify(session, place, bytes(32))
        with pytest.raises(Malformed, match="place"):
            musig_sign(session, place, bytearray(SECRET), bytearray(132))
        with pytest.raises(Malformed, match="place"):
            musig_nonce(session.group, place, DIGEST, (bytearray(SECRET), random(0)), bytes(32))


def test_randomness_may_have_zeros_among_its_bytes() -> None:
    alone = ring(0)
    for place in range(32):
        drawn = bytearray(32)
        drawn[place] = 1
        assert musig.begin(alone, PATH, all_of([alone]), DIGEST, drawn)


@pytest.mark.parametrize("number", [0, ORDER, 2**256 - 1])
def test_a_secret_that_is_no_key_draws_no_nonce(number: int) -> None:
    secret = bytearray(number.to_bytes(32, "big"))
    with pytest.raises(CrossCheckFailed):
        musig_nonce(Group((GENERATOR,)), 0, DIGEST, (secret, random(0)), bytes(32))


def test_what_a_nonce_is_drawn_from_is_zeroed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    passing: list[bytes] = []
    real = hmac.digest

    def watched(key: bytes, message: bytes, name: str) -> bytes:
        passing.append(real(key, message, name))
        return passing[-1]

    monkeypatch.setattr(hmac, "digest", watched)
    assert any(next(musig.draws(random(0))))
    assert passing == [bytes(32)]


def test_randomness_is_enough_for_many_nonces_and_stays_the_caller_s() -> None:
    randomness = bytearray(range(32))
    made = musig.draws(randomness)
    drawn = [next(made) for _ in range(300)]
    assert len({bytes(each) for each in drawn}) == 300
    assert all(len(each) == 32 for each in drawn)
    assert randomness == bytearray(range(32))
    other = musig.draws(bytearray(range(1, 33)))
    assert next(other) not in drawn


@pytest.mark.parametrize("size", [0, 31, 33])
def test_randomness_of_another_size_is_none(size: int) -> None:
    with pytest.raises(Malformed, match="32 bytes of fresh randomness"):
        next(musig.draws(bytearray(size)))
