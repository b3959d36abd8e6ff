"""Our shares of silent payments: what they are, that they add up, that nothing else comes out."""

import hashlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
from signer.hashes import tagged_hash
from signer.keys import curve, silent
from signer.keys.curve import dleq, points
from signer.keys.keyring import Keyring
from signer.keys.node import PrivateNode
from signer.keys.path import HARDENED, Path
from signer.keys.silent import InputKey
from tests import memory
from tests.memory import ORDER
from tests.psbts import keyring
from tests.signer.published import ROOT
from tests.signer.silents import BOB, SCAN, Imported

KEYS = keyring()


def plain(index: int) -> InputKey:
    return InputKey(path(84, index))


def taproot(index: int, merkle_root: bytes = b"") -> InputKey:
    where = path(86, index)
    tweak = curve.taproot_tweak(KEYS.public_key(where)[1:], merkle_root)
    return InputKey(where, is_taproot=True, tweak=tweak)


def path(purpose: int, index: int) -> Path:
    return (purpose + HARDENED, 1 + HARDENED, HARDENED, 0, index)


kinds = st.sampled_from(
    [plain, taproot, lambda index: taproot(index, b"\x33" * 32)],
)
several = st.lists(st.tuples(kinds, st.integers(0, 9)), min_size=1, max_size=5).map(
    lambda drawn: [kind(index) for kind, index in drawn]
)


@given(several)
def test_the_receiver_finds_the_same_point_with_the_public_keys_of_the_coins(
    keys: list[InputKey],
) -> None:
    (share,) = silent.shares(KEYS, keys, [BOB.scan_key])
    total = points.combine([silent.public_key(KEYS, key) for key in keys])
    assert share.point == points.shared_point(SCAN, total)
    assert dleq.verify(total, BOB.scan_key, share.point, share.proof)


@given(several, several)
def test_the_shares_of_two_halves_add_up_to_the_share_of_the_whole(
    one: list[InputKey], other: list[InputKey]
) -> None:
    halves = [silent.shares(KEYS, half, [BOB.scan_key])[0].point for half in (one, other)]
    (whole,) = silent.shares(KEYS, one + other, [BOB.scan_key])
    assert points.combine(halves) == whole.point


def test_a_taproot_coin_counts_with_the_key_that_stands_in_its_script() -> None:
    for index in range(8):  # both parities of the internal and of the output key occur
        for root in (b"", b"\x33" * 32):
            internal = KEYS.public_key(path(86, index))[1:]
            output_key = curve.taproot_output_key(internal, root)
            assert silent.public_key(KEYS, taproot(index, root)) == b"\x02" + output_key
    prefixes = {KEYS.public_key(path(86, index))[0] for index in range(8)}
    assert prefixes == {2, 3}


def test_shares_are_given_in_the_order_asked_and_the_same_every_time() -> None:
    scan_keys = [curve.public_key(bytearray([number] * 32)) for number in (3, 1, 2)]
    once = silent.shares(KEYS, [plain(0)], scan_keys)
    assert [share.scan_key for share in once] == scan_keys
    assert once == silent.shares(keyring(), [plain(0)], scan_keys)


def test_keys_that_cancel_out_are_refused_and_half_way_they_do_no_harm() -> None:
    secrets = [number.to_bytes(32, "big") for number in (5, ORDER - 5, 9)]
    keys = [InputKey((at,)) for at in range(3)]
    with pytest.raises(Refused) as refused:
        silent.shares(Imported(secrets), keys[:2], [BOB.scan_key])
    assert refused.value.reason is CommonReason.SILENT_COINS
    (share,) = silent.shares(Imported(secrets), keys, [BOB.scan_key])
    assert share.point == points.shared_point(bytearray(secrets[2]), BOB.scan_key)


def test_no_coins_are_refused() -> None:
    with pytest.raises(Refused):
        silent.shares(KEYS, [], [BOB.scan_key])


@given(st.binary(max_size=40))
def test_a_scan_key_that_is_no_point_is_malformed(scan_key: bytes) -> None:
    try:
        curve.check_public_key(scan_key)
    except Malformed:
        with pytest.raises(Malformed):
            silent.shares(KEYS, [plain(0)], [scan_key])


def test_a_secret_that_is_not_its_public_key_s_stops_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = PrivateNode(bytearray(b"\x05" * 32), bytes(64))
    monkeypatch.setattr(PrivateNode, "child", lambda *_: wrong)
    with pytest.raises(CrossCheckFailed):
        silent.shares(keyring(), [plain(0)], [BOB.scan_key])


def test_neither_the_sum_nor_a_key_stays_in_a_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    buffers: list[bytearray] = []
    add = points.add_secret

    def watched(total: bytearray, secret: bytearray) -> None:
        add(total, secret)
        buffers.extend((total, secret))

    monkeypatch.setattr(points, "add_secret", watched)
    silent.shares(KEYS, [plain(0), taproot(1)], [BOB.scan_key])
    with pytest.raises(Malformed):
        silent.shares(KEYS, [plain(0), taproot(1)], [bytes(33)])
    assert len(buffers) >= 8
    assert not any(any(buffer) for buffer in buffers)


# A process that makes shares of two coins, and waits; its seed comes through the pipe.
DEVICE = """
import os, sys
from signer.hashes import tagged_hash
from signer.keys import curve, silent
from signer.keys.keyring import Keyring
from signer.keys.path import parse

seed = bytearray(64)
assert os.readv(0, [seed]) == 64
keys = Keyring(seed)
plain, taproot = parse("m/84h/1h/0h/0/0"), parse("m/86h/1h/0h/0/1")
tweak = curve.taproot_tweak(keys.public_key(taproot)[1:])
coins = [silent.InputKey(plain), silent.InputKey(taproot, is_taproot=True, tweak=tweak)]
for _ in range(20):
    silent.shares(keys, coins, [bytes.fromhex(sys.argv[1])])
print("done", flush=True)
os.read(0, 1)
"""
SEED = hashlib.sha512(b"a seed for one test").digest()


def made_on_the_way() -> dict[str, bytes]:
    """Every secret that shares of those two coins are made of, by plain integers."""
    plain, internal = (_at(where) for where in (path(84, 0), path(86, 1)))
    output = memory.tweaked(internal)
    if curve.public_key(bytearray(output))[0] == 3:
        output = (ORDER - int.from_bytes(output, "big")).to_bytes(32, "big")
    total = (int.from_bytes(plain, "big") + int.from_bytes(output, "big")) % ORDER
    secret = total.to_bytes(32, "big")
    mask = tagged_hash("BIP0374/aux", bytes(32))
    masked = bytes(a ^ b for a, b in zip(secret, mask, strict=True))
    stated = curve.public_key(bytearray(secret)) + points.shared_point(
        bytearray(secret), BOB.scan_key
    )
    nonce = tagged_hash("BIP0374/nonce", masked, stated)
    found = {"key": plain, "internal": internal, "output": output, "sum": secret}
    return found | {"masked": masked, "nonce": nonce, "master": memory.master(SEED)[0]}


def _at(where: Path) -> bytes:
    node = memory.master(SEED)
    for index in where:
        node = memory.child(*node, index)
    return node[0]


def test_the_secrets_looked_for_are_those_that_shares_are_made_of() -> None:
    keys = Keyring(bytearray(SEED))
    tweak = curve.taproot_tweak(keys.public_key(path(86, 1))[1:])
    coins = [plain(0), InputKey(path(86, 1), is_taproot=True, tweak=tweak)]
    (share,) = silent.shares(keys, coins, [BOB.scan_key])
    found = made_on_the_way()
    assert points.shared_point(bytearray(found["sum"]), BOB.scan_key) == share.point
    nonce, secret, challenge = (
        int.from_bytes(part, "big") for part in (found["nonce"], found["sum"], share.proof[:32])
    )
    assert ((nonce + challenge * secret) % ORDER).to_bytes(32, "big") == share.proof[32:]


@pytest.mark.skipif(sys.platform != "linux", reason="another process's memory is read by /proc")
def test_no_secret_made_on_the_way_is_left_in_the_memory_of_the_process() -> None:
    command = [sys.executable, "-c", DEVICE, BOB.scan_key.hex()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, cwd=ROOT
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(SEED)
            assert process.stdout.readline() == b"done\n"
            # The master key is still in use: it shows that the search finds what is there.
            assert memory.residue(process.pid, made_on_the_way()) == {"master"}
        finally:
            process.kill()
