# ruff: noqa: ANN401  what stands in for another function takes what that one takes
"""Making, sharing and restoring seeds leaves nothing behind, wherever an error strikes.

Twice looked at. From inside: every buffer and every result of a hash function that the modules of
seeds make is watched, errors are thrown into every place from which anything is called, and then
all of them must be zeros. From outside: the memory of a process that did the same work is searched.
"""

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from types import FrameType
from typing import Any, SupportsIndex

import pytest

from signer.keys import scratch
from signer.keys.backups import codex32, seed_xor, shamir, slip39
from signer.keys.keyring import Keyring
from signer.keys.seeds import bip85, dice, electrum, entropy, lookup, mnemonic, seed_words
from tests.nights import cases
from tests.signer import seed_works
from tests.signer.published import ROOT
from tests.signer.seed_works import PLAN, RANDOM, WORKS, Own, shares

MODULES = (bip85, codex32, dice, electrum, entropy, mnemonic, scratch, seed_xor, shamir, slip39)
MODULES += (seed_words,)
SOURCE = bytes.fromhex("7fd1c20b5e9a3c4481f06e2d97b8a355")
SIGNER = str(ROOT / "signer")

# Hashes that tell nothing of what went in, by the function that makes them.
HARMLESS = {"places", "_digest", "kind", "_base58_check"}


# --- from inside


class Watched(bytearray):
    """A buffer that is remembered, and all that is made of it."""

    made: "list[bytearray | bytes]"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.made.append(self)

    def __add__(self, other: Any) -> "Watched":
        return type(self)(super().__add__(other))

    def join(self, parts: Iterable[Any]) -> "Watched":
        return type(self)(super().join(parts))

    def translate(self, table: Any, /, delete: bytes = b"") -> "Watched":
        return type(self)(super().translate(table, delete))

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return found if isinstance(at, SupportsIndex) else type(self)(found)


class Hashing:
    """hashlib or hmac, whose results are remembered."""

    def __init__(self, real: Any, made: "list[bytearray | bytes]") -> None:
        self._real, self._made = real, made

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or name in ("compare_digest", "update"):
            return found

        def called(*given: Any, **named: Any) -> Any:
            given = tuple(hashlib.sha512 if isinstance(one, Hashing) else one for one in given)
            if named.get("digestmod"):
                named["digestmod"] = "sha512"
            result = found(*given, **named)
            if not isinstance(result, bytes):
                return Hashing(result, self._made)
            if sys._getframe(1).f_code.co_name not in HARMLESS:
                self._made.append(result)
            return result

        return called


class Fault(Exception):
    """What is thrown."""


Site = tuple[str, int, str]

# What erases, leads to it, or takes a buffer over: nobody could answer for an error in there.
SPARED = {"erase", "owned", "released", "taken", "copy", "buffer", "wipe"}
SPARED |= {"__enter__", "__exit__", "__init__", "append"}


def site_of(frame: FrameType, event: str, called: Any) -> Site | None:
    """Where the signer calls what, unless it erases."""
    caller = frame.f_back if event == "call" else frame if event == "c_call" else None
    if caller is None or not caller.f_code.co_filename.startswith(SIGNER):
        return None
    name = frame.f_code.co_name if event == "call" else called.__name__
    above: FrameType | None = frame
    while above:
        if above.f_code.co_name in SPARED or name in SPARED:
            return None
        above = above.f_back
    return caller.f_code.co_filename, caller.f_lineno, name


def run(work: Callable[[bytearray, Own], None], profile: Callable[..., None] | None) -> None:
    source = bytearray(SOURCE)
    with scratch.Scratch() as owner:
        try:
            sys.setprofile(profile)
            work(source, owner.owned)
        except Fault:
            pass
        finally:
            sys.setprofile(None)


def strike_at(site: Site, turn: int) -> Callable[..., None]:
    """A profile function that throws when the site is reached for the `turn`th time."""
    seen = 0

    def strike(*event: Any) -> None:
        nonlocal seen
        if site_of(*event) == site:
            seen += 1
            if seen == turn:
                raise Fault

    return strike


def quick_places(words: Iterable[str], table: tuple[bytes, ...]) -> tuple[int, ...]:
    """`lookup.places`, which holds no secret but takes its time."""
    return tuple(table.index(word.encode().ljust(len(table[0]), b"\xff")) for word in words)


@pytest.mark.parametrize("work", cases(WORKS, set(WORKS) - {shares}))
def test_an_error_anywhere_leaves_no_buffer_unerased(
    work: Callable[[bytearray, Own], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytearray | bytes] = []
    monkeypatch.setattr(Watched, "made", made, raising=False)
    monkeypatch.setattr(lookup, "places", quick_places)
    for module in MODULES:
        monkeypatch.setattr(module, "bytearray", Watched, raising=False)
        for real in (hashlib, hmac):
            if hasattr(module, real.__name__):
                monkeypatch.setattr(module, real.__name__, Hashing(real, made))
    run(work, None)
    assert made
    sites: dict[Site | None, None] = {}

    def note(*event: Any) -> None:
        sites[site_of(*event)] = None

    run(work, note)
    assert len(sites) > 10
    leaky = []
    for site, turn in product(filter(None, sites), (1, 2)):
        made.clear()
        run(work, strike_at(site, turn))
        # One byte alone is the space between words, or a roll of a die.
        left = [bytes(buffer) for buffer in made if len(buffer) > 1 and any(buffer)]
        if left:
            leaky.append((site, left))
    assert leaky == []


# --- from outside

PROCESS = """
import os, sys
from signer.keys.seeds import mnemonic
from signer.keys.curve import erase
from signer.keys.scratch import Scratch
from tests.signer.seed_works import WORKS

source = bytearray(16)
assert os.readv(0, [source]) == 16
for work in WORKS:
    with Scratch() as scratch:
        work(source, scratch.owned)
words = mnemonic.words_from_entropy(source)
planted = sys.argv[1:] == ["PLANT"] and bytes(mnemonic.seed_from_words(words))
erase(source)
print("done", flush=True)
os.read(0, 1)
"""


def secrets() -> dict[str, bytes]:
    source = bytearray(SOURCE)
    words = mnemonic.words_from_entropy(source)
    rolls = seed_works.rolls_of(source)
    whole = codex32.from_seed(source, "test", 2)
    keyring = Keyring(bytearray(source))
    found = {
        "source": source,
        "rolls": rolls,
        "sentence": " ".join(words).encode(),
        "seed": mnemonic.seed_from_words(words, "a passphrase"),
        "plain seed": mnemonic.seed_from_words(words),
        "dice": dice.entropy_from_dice(rolls, 12),
        "dice mixed": entropy.mix(source, rolls),
        "payload": whole.payload,
        "child": bip85.entropy(keyring, 0, 0),
        "child bytes": bip85.entropy(keyring, 128169, 64, 0),
        "child words": bip85.entropy(keyring, 39, 0, 24, 0),
        "child rolls": hashlib.shake_256(bip85.entropy(keyring, 89101, 6, 10, 0)).digest(64),
    }
    groups = slip39.split(source, PLAN, RANDOM, "pw")
    shares = [share.value for group in groups for share in group]
    found |= {f"share {at}": value for at, value in enumerate(shares)}
    found |= {f"part {at}": part for at, part in enumerate(seed_xor.split(source, 3, RANDOM))}
    found |= {share.index: share.payload for share in codex32.split(whole, 3, RANDOM)}
    return {name: bytes(value) for name, value in found.items()}


def residue(pid: int) -> set[str]:
    """The names of the secrets of which 12 bytes are found in the memory of a process."""
    wanted = [
        (name, whole[at : at + 12])
        for name, whole in secrets().items()
        for at in range(0, len(whole) - 11, 4)
    ]
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
def worked(*flags: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has done its work and forgotten everything."""
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=ROOT,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("The process has no pipes.")
        try:
            process.stdin.write(SOURCE)
            assert process.stdout.readline() == b"done\n"
            yield process
        finally:
            process.kill()


linux = pytest.mark.skipif(
    sys.platform != "linux", reason="reading another process's memory needs Linux's /proc/<pid>/mem"
)


@linux
def test_the_memory_of_a_process_that_worked_on_seeds_holds_none() -> None:
    with worked() as process:
        assert residue(process.pid) == set()


@linux
def test_the_search_finds_a_single_copy_that_was_left_behind() -> None:
    # The control: with one forgotten bytes object the test above would fail.
    with worked("PLANT") as process:
        assert residue(process.pid) == {"plain seed"}
