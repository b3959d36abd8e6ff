"""T81: secrets must not stay in memory after locking, nor get into a log, a file or a copy.

A process of its own is given randomness by a pipe, makes words, seed and keys of it, signs, and
wipes. From outside, its whole memory is then searched for every secret it ever had.
"""

import hmac
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import pbkdf2_hmac
from pathlib import Path

import pytest

from signer.keys import mnemonic
from signer.keys.entropy import mix
from signer.keys.path import HARDENED
from tests.signer.published import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reading another process's memory needs Linux's /proc/<pid>/mem"
)

SOURCE = bytes.fromhex("3d9a27f6c1b84e05a6d2f11c7e408b5917f05c6e9b3ad482e1f7604c2d8ab935")
PASSPHRASE = "correct horse"  # the str stays with its owner; what is made of it must not
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

# What a device does with a seed. Randomness comes through the pipe straight into its own buffer.
DEVICE = """
import os, sys
from signer.keys import curve, entropy, mnemonic
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


def derive(secret: bytes, chain_code: bytes, index: int) -> tuple[bytes, bytes]:
    """BIP32's private derivation, hardened, in plain integers: an independent reading of it."""
    derived = hmac.digest(chain_code, b"\0" + secret + index.to_bytes(4, "big"), "sha512")
    child = (int.from_bytes(derived[:32], "big") + int.from_bytes(secret, "big")) % ORDER
    return child.to_bytes(32, "big"), derived[32:]


def secrets() -> dict[str, bytes]:
    mixed = bytes(mix(SOURCE, b"dice"))
    sentence = " ".join(mnemonic.words_from_entropy(mixed)).encode()
    salt = b"mnemonic" + PASSPHRASE.encode()
    seed = pbkdf2_hmac("sha512", sentence, salt, 2048)
    master = hmac.digest(b"Bitcoin seed", seed, "sha512")
    found = {"source": SOURCE, "entropy": mixed, "seed": seed, "words": sentence}
    found["salt"] = salt[2:14]  # where "mnemonic" meets the passphrase
    node = master[:32], master[32:]
    for depth, step in enumerate((84, 1, 0)):
        found |= {f"key {depth}": node[0], f"chain code {depth}": node[1]}
        node = derive(*node, HARDENED + step)
    return found | {"key 3": node[0], "chain code 3": node[1]}


def fragments(secret: bytes) -> list[bytes]:
    """Pieces of 12 bytes from the later part of a secret, in both byte orders.

    Freed memory is soon written over at its beginning, so a whole secret is hardly ever left.
    """
    pieces = [secret[at : at + 12] for at in range(16, len(secret) - 11, 12)] + [secret[-12:]]
    return pieces + [piece[::-1] for piece in pieces]


def residue(pid: int) -> set[str]:
    """The names of the secrets of which 12 bytes are found in the memory of a process."""
    wanted = [(name, piece) for name, whole in secrets().items() for piece in fragments(whole)]
    found = set[str]()
    process = Path("/proc") / str(pid)
    with (process / "mem").open("rb", 0) as memory, (process / "maps").open() as maps:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("r") or "[v" in line:  # the kernel's own pages
                continue
            start, end = (int(place, 16) for place in span.split("-"))
            memory.seek(start)
            page = memory.read(end - start)
            found |= {name for name, piece in wanted if piece in page}
    return found


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


IN_USE = {"source", "entropy"} | {
    f"{kind} {depth}" for kind in ("key", "chain code") for depth in range(4)
}


def test_in_use_there_are_keys_but_no_words_and_no_seed_and_wiped_there_is_nothing() -> None:
    with device() as process:
        assert told(process, SOURCE) == b"in use"
        assert residue(process.pid) == IN_USE
        assert told(process, b".") == b"wiped"
        assert residue(process.pid) == set()


def test_the_search_finds_a_single_copy_that_was_left_behind() -> None:
    # The control: with one forgotten bytes object the test above would fail.
    with device("PLANT") as process:
        assert told(process, SOURCE) == b"in use"
        assert told(process, b".") == b"wiped"
        assert residue(process.pid) == {"key 0"}
