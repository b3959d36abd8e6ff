"""Looks for secrets in the memory of another process, from outside (Linux)."""

import ctypes
import hmac
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import pbkdf2_hmac
from itertools import chain
from pathlib import Path as Folder

from signer.keys.curve import public_key, taproot_tweak
from signer.keys.path import HARDENED, Path, render
from signer.keys.seeds import mnemonic

Memory = list[tuple[int, bytes]]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def residue(pid: int, secrets: Mapping[str, bytes]) -> set[str]:
    """The names of the secrets of which 12 bytes are found in the memory of a process."""
    wanted = [(name, piece) for name, whole in secrets.items() for piece in fragments(whole)]
    pages = [page for _, page in memory_of(pid)]
    return {name for name, piece in wanted if any(piece in page for page in pages)}


def rows(pid: int, words: Sequence[str]) -> set[tuple[str, str, str]]:
    """The neighbours among these words to which three neighbouring pointers lead in a process.

    A tuple or a list of seed words is such a row: kept, or let go and not yet written over. Two
    words may be neighbours by chance: names in a program are words, too.
    """
    memory = memory_of(pid)
    places = {
        word: [at.to_bytes(8, "little") for at in objects(memory, word.encode())] for word in words
    }
    found = set[tuple[str, str, str]]()
    for three in zip(words, words[1:], words[2:], strict=False):
        first, *after = (places[word] for word in three)
        for _, page in memory:
            for at in chain.from_iterable(occurrences(page, pointer) for pointer in first):
                pointers = (page[at + 8 : at + 16], page[at + 16 : at + 24])
                if all(one in wanted for one, wanted in zip(pointers, after, strict=True)):
                    found.add(three)
    return found


def objects(memory: Memory, text: bytes) -> Iterator[int]:
    """Where CPython keeps str and bytes objects of this text: behind a head with its length."""
    for start, page in memory:
        for at in occurrences(page, text + b"\0"):
            for size in HEADS:
                length = page[at - size + _LENGTH : at - size + _LENGTH + 8] if at >= size else b""
                if length == len(text).to_bytes(8, "little"):
                    yield start + at - size


def heads() -> tuple[int, int]:
    """How many bytes of a str, and of a bytes object, lie before its text in this interpreter.

    They differ from version to version. Raises RuntimeError where they are laid out in a way that
    the search would not see.
    """
    sizes = sys.getsizeof("") - 1, sys.getsizeof(b"") - 1
    for sample, size in zip(("a sample", b"a sample"), sizes, strict=True):
        piece = ctypes.string_at(id(sample), size + 8)
        if piece[_LENGTH : _LENGTH + 8] + piece[size:] != b"\x08" + bytes(7) + b"a sample":
            raise RuntimeError("The search is blind: objects are laid out otherwise here.")
    return sizes


_LENGTH = 16  # where the length of both lies
HEADS = heads()


def occurrences(page: bytes, piece: bytes) -> Iterator[int]:
    at = page.find(piece)
    while at >= 0:
        yield at
        at = page.find(piece, at + 1)


def memory_of(pid: int) -> Memory:
    """All that a process can write to, and where it lies: not code, not the kernel's own pages."""
    found = Memory()
    process = Folder("/proc") / str(pid)
    with standing_still(pid), (process / "mem").open("rb", 0) as memory:
        for line in (process / "maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(place, 16) for place in span.split("-"))
                memory.seek(start)
                found.append((start, memory.read(end - start)))
    return found


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """Stop a process meanwhile: what it is about to let go must not vanish under our eyes."""
    os.kill(pid, signal.SIGSTOP)
    try:
        stat = Folder("/proc") / str(pid) / "stat"
        while stat.read_text().rpartition(")")[2].split()[0] != "T":
            pass
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def fragments(secret: bytes) -> list[bytes]:
    """Pieces of 12 bytes from the later part of a secret, in both byte orders.

    Freed memory is soon written over at its beginning, so a whole secret is hardly ever left.
    """
    pieces = [secret[at : at + 12] for at in range(16, len(secret) - 11, 12)] + [secret[-12:]]
    return pieces + [piece[::-1] for piece in pieces]


def child(secret: bytes, chain_code: bytes, index: int) -> tuple[bytes, bytes]:
    """BIP32's private derivation in plain integers: an independent reading of it."""
    shown = b"\0" + secret if index >= HARDENED else public_key(bytearray(secret))
    derived = hmac.digest(chain_code, shown + index.to_bytes(4, "big"), "sha512")
    number = (int.from_bytes(derived[:32], "big") + int.from_bytes(secret, "big")) % ORDER
    return number.to_bytes(32, "big"), derived[32:]


def tweaked(secret: bytes) -> bytes:
    """The key that signs for a taproot output without scripts (BIP341, taproot_tweak_seckey)."""
    number, public = int.from_bytes(secret, "big"), public_key(bytearray(secret))
    even = number if public[0] == 2 else ORDER - number
    tweak = int.from_bytes(taproot_tweak(public[1:]), "big")
    return ((even + tweak) % ORDER).to_bytes(32, "big")


def of_a_seed(entropy: bytes, passphrase: str = "") -> dict[str, bytes]:
    """BIP39 entropy, the sentence, the seed and the master key, each by its name."""
    sentence = " ".join(mnemonic.words_from_entropy(entropy)).encode()
    seed = pbkdf2_hmac("sha512", sentence, b"mnemonic" + passphrase.encode(), 2048)
    found = {"entropy": entropy, "words": sentence, "seed": seed}
    return found | of_a_node((), *master(seed))


def of_a_path(seed: bytes, path: Path) -> dict[str, bytes]:
    """The keys and chain codes of all nodes on the way to a path, by the path of each."""
    node = master(seed)
    found: dict[str, bytes] = {}
    for depth, index in enumerate(path, start=1):
        node = child(*node, index)
        found |= of_a_node(path[:depth], *node)
    return found


def of_a_node(path: Path, secret: bytes, chain_code: bytes) -> dict[str, bytes]:
    return {f"key {render(path)}": secret, f"chain code {render(path)}": chain_code}


def master(seed: bytes) -> tuple[bytes, bytes]:
    derived = hmac.digest(b"Bitcoin seed", seed, "sha512")
    return derived[:32], derived[32:]
