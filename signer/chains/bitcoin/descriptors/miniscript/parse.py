"""From text to fragments: strict, without recursion, and in time that grows with the text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic

from signer.chains.bitcoin.descriptors.miniscript.fragment import Fragment
from signer.chains.bitcoin.descriptors.miniscript.table import TABLE, Context, K, Spec
from signer.errors import Malformed

MAX_TEXT = 1 << 18  # characters; a leaf of 999 extended keys with their origins takes 150 000
MAX_FRAGMENTS = 1_000  # more of them in one script nobody reads, and each takes memory (T75)
MAX_DEPTH = 402  # fragments within fragments, wrappers counted too
MAX_LOCK = (1 << 31) - 1  # BIP379: older() and after()

_HEAD = re.compile(r"(?:([a-z]+):)?([01]|[a-z0-9_]{2,})(\(?)")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")  # no sign, no leading zero: one text for one number
_DIGEST = re.compile(r"[0-9a-f]*")
_MARK = re.compile(r"[(),]")


def parse(text: str, context: Context, key: Callable[[str], K]) -> Fragment[K]:
    """The miniscript of a text without spaces (BIP379): of any type, well typed, not yet sane.

    `key` reads a key expression, which may hold brackets (BIP390); what it gives is kept as it is.
    sortedmulti() and sortedmulti_a() may stand alone, not within others (BIP383, BIP387).
    Raises Malformed, and nothing else unless `key` does.
    """
    if len(text) > MAX_TEXT or not text.isascii():
        raise Malformed(f"A miniscript is ASCII, and has at most {MAX_TEXT} characters.")
    return _Parser(text, context, key).read()


@dataclass(slots=True)
class _Open(Generic[K]):
    """A fragment that is being read, with those inside it so far."""

    wrappers: str
    name: str
    row: Spec
    depth: int
    number: int = 0
    subs: list[Fragment[K]] = field(default_factory=list)


class _Parser(Generic[K]):
    def __init__(self, text: str, context: Context, key: Callable[[str], K]) -> None:
        self._text = text
        self._context = context
        self._key = key
        self._offset = 0
        self._open: list[_Open[K]] = []
        self._fragments = 0

    def read(self) -> Fragment[K]:
        while True:
            done = self._begin()
            while done and self._open:
                done = self._append(done)
            if done:
                break
        if self._offset < len(self._text):
            raise self._malformed("Nothing more")
        return done

    def _begin(self) -> Fragment[K] | None:
        """The fragment that starts here, or None if those inside it come first."""
        fragment = self._head()
        if fragment.row.arguments == "subs":
            fragment.number = self._threshold()
        elif not fragment.row.arguments.startswith("X"):
            return self._wrapped(
                self._leaf(fragment.name, fragment.row.arguments), fragment.wrappers
            )
        self._open.append(fragment)
        return None

    def _append(self, done: Fragment[K]) -> Fragment[K] | None:
        """What this fragment completes, or None if more stands beside it."""
        holder = self._open[-1]
        holder.subs.append(done)
        mark = self._text[self._offset : self._offset + 1]
        self._offset += 1
        if mark == ",":
            return None
        if mark != ")":
            raise self._malformed("A comma or a closing bracket")
        self._open.pop()
        return self._wrapped(self._holding(holder), holder.wrappers)

    def _head(self) -> _Open[K]:
        head = _HEAD.match(self._text, self._offset)
        wrappers, name, bracket = head.groups("") if head else ("", "", "")
        row = TABLE[self._context].get(name)
        if head is None or row is None or bool(bracket) != bool(row.arguments):
            raise self._malformed("A fragment known here")
        depth = 1 + len(wrappers) + (self._open[-1].depth if self._open else 0)
        if depth > MAX_DEPTH:
            raise self._malformed(f"At most {MAX_DEPTH} fragments within each other")
        self._fragments += 1 + len(wrappers)
        if self._fragments > MAX_FRAGMENTS:
            raise self._malformed(f"At most {MAX_FRAGMENTS} fragments")
        if name.startswith("sorted") and depth > 1:
            raise self._malformed(f"No {name} within another fragment")
        self._offset = head.end()
        return _Open(wrappers, name, row, depth)

    def _wrapped(self, inner: Fragment[K], wrappers: str) -> Fragment[K]:
        for letter in reversed(wrappers):
            if letter not in TABLE[self._context]:
                raise self._malformed("Known wrappers")
            inner = Fragment(self._context, letter, subs=(inner,))
        return inner

    def _holding(self, holder: _Open[K]) -> Fragment[K]:
        arguments, count = holder.row.arguments, len(holder.subs)
        if holder.number > count if arguments == "subs" else len(arguments) != count:
            raise self._malformed(f"As many fragments as {holder.name} takes")
        return Fragment(self._context, holder.name, holder.number, subs=tuple(holder.subs))

    def _leaf(self, name: str, arguments: str) -> Fragment[K]:
        """A fragment with none inside."""
        if not arguments:
            return Fragment(self._context, name)
        texts = self._arguments()
        match arguments:
            case "keys":
                return self._multi(name, texts)
            case _ if len(texts) != 1:
                raise self._malformed(f"One argument for {name}")
            case "number":
                return Fragment(self._context, name, self._number(texts[0], MAX_LOCK))
            case "key":
                return Fragment(self._context, name, own_keys=self._keys(texts))
            case _:
                return Fragment(self._context, name, digest=self._digest(texts[0], arguments))

    def _multi(self, name: str, texts: list[str]) -> Fragment[K]:
        number, *keys = texts
        max_keys = TABLE[self._context][name].max_keys
        if not 1 <= len(keys) <= max_keys:
            raise self._malformed(f"1 to {max_keys} keys")
        threshold = self._number(number, len(keys))
        return Fragment(self._context, name, threshold, own_keys=self._keys(keys))

    def _keys(self, texts: list[str]) -> tuple[K, ...]:
        if not all(texts):
            raise self._malformed("A key")
        return tuple(self._key(text) for text in texts)

    def _digest(self, text: str, arguments: str) -> bytes:
        if not _DIGEST.fullmatch(text) or len(text) != 2 * int(arguments.removeprefix("hash")):
            raise self._malformed("A hash in small hexadecimal letters")
        return bytes.fromhex(text)

    def _number(self, text: str, limit: int) -> int:
        if not _NUMBER.fullmatch(text) or int(text) > limit:
            raise self._malformed(f"A number from 1 to {limit}")
        return int(text)

    def _threshold(self) -> int:
        number, comma, _ = self._text[self._offset : self._offset + 11].partition(",")
        self._offset += len(number + comma)
        return self._number(number, MAX_LOCK)  # whether there are as many fragments shows later

    def _arguments(self) -> list[str]:
        """The texts up to the bracket that closes here, parted at commas outside other brackets."""
        texts, start, inner = [], self._offset, 0
        for mark in _MARK.finditer(self._text, start):
            if mark[0] == "(":
                inner += 1
            elif inner:
                inner -= mark[0] == ")"
            else:
                texts.append(self._text[start : mark.start()])
                start = mark.end()
                if mark[0] == ")":
                    self._offset = start
                    return texts
        raise self._malformed("A closing bracket")

    def _malformed(self, expected: str) -> Malformed:
        return Malformed(f"{expected} expected at character {self._offset} of the miniscript.")
