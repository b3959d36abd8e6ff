"""T81: secrets must not stay in memory after locking, nor get into a log, a file or a copy.

A process of its own is given randomness by a pipe, makes words, seed and keys of it, signs, and
wipes. From outside, its whole memory is then searched for every secret it ever had. The same for
a whole device, with its person and its cable, is in `tests/firmware_emu/test_memory.py`.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from signer.keys.path import parse, render
from signer.keys.seeds.entropy import mix
from tests import memory
from tests.signer.published import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reading another process's memory needs Linux's /proc/<pid>/mem"
)

SOURCE = bytes.fromhex("3d9a27f6c1b84e05a6d2f11c7e408b5917f05c6e9b3ad482e1f7604c2d8ab935")
PASSPHRASE = "correct horse"  # the str stays with its owner; what is made of it must not
ACCOUNT = parse("m/84h/1h/0h")

# What a device does with a seed. Randomness comes through the pipe straight into its own buffer.
DEVICE = """
import os, sys
from signer.keys import curve
from signer.keys.seeds import entropy, mnemonic
from signer.keys.keyring import Keyring
from signer.keys.path import parse

source = bytearray(32)
assert os.readv(0, [source]) == 32
mixed = entropy.mix(source, b"dice")
words = mnemonic.words_from_entropy(mixed)
keys = Keyring(mnemonic.seed_from_words(words, sys.argv[1]))
for index in range(20):
    keys.sign_ecdsa(parse(f"m/84h/1h/0h/0/{index}"), bytes(32))
    keys.sign_schnorr(parse(f"m/86h/1h/0h/0/{index}"), bytes(32))
    keys.public_key(parse(f"m/84h/1h/0h/1/{index}"))
planted = sys.argv[2:] == ["PLANT"] and bytes(keys._nodes[()].secret)
print("in use", flush=True)
os.read(0, 1)
curve.erase(source)
curve.erase(mixed)
keys.wipe()
print("wiped", flush=True)
os.read(0, 1)
"""


def secrets() -> dict[str, bytes]:
    mixed = bytes(mix(SOURCE, b"dice"))
    found = memory.of_a_seed(mixed, PASSPHRASE)
    found |= memory.of_a_path(found["seed"], ACCOUNT)
    # Where "mnemonic" meets the passphrase.
    return found | {"source": SOURCE, "salt": (b"mnemonic" + PASSPHRASE.encode())[2:14]}


@contextmanager
def device(*flags: str) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-c", DEVICE, PASSPHRASE, *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: "subprocess.Popen[bytes]", data: bytes) -> bytes:
    """What the device says after it was sent `data`."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("The device has no pipes.")
    process.stdin.write(data)
    return process.stdout.readline().strip()


NODES = [ACCOUNT[:depth] for depth in range(4)]
IN_USE = {"source", "entropy"} | {
    f"{kind} {render(node)}" for kind in ("key", "chain code") for node in NODES
}


def test_in_use_there_are_keys_but_no_words_and_no_seed_and_wiped_there_is_nothing() -> None:
    with device() as process:
        assert told(process, SOURCE) == b"in use"
        assert memory.residue(process.pid, secrets()) == IN_USE
        assert told(process, b".") == b"wiped"
        assert memory.residue(process.pid, secrets()) == set()


def test_the_search_finds_a_single_copy_that_was_left_behind() -> None:
    # The control: with one forgotten bytes object the test above would fail.
    with device("PLANT") as process:
        assert told(process, SOURCE) == b"in use"
        assert told(process, b".") == b"wiped"
        assert memory.residue(process.pid, secrets()) == {"key m"}
