"""codex32 (BIP93): a master seed, whole or in shares, as text that can be checked by hand.

Errors are found, not corrected: a correction that the person does not compare with the paper could
as well be a wrong one. A share's text is a str, which Python cannot erase; what it says is held in
buffers that the caller erases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from signer.errors import Malformed
from signer.formats.bech32 import ALPHABET
from signer.formats.bits import regroup
from signer.keys import curve
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.backups.shamir import Field, add
from signer.keys.curve import Buffer
from signer.keys.scratch import Scratch
from signer.keys.seeds.entropy import expand

WHOLE = "s"
"The index of the secret itself; all other letters of the alphabet are indexes of shares."

_SHARES = "acdefghjklmnpqrtuvwxyz023456789"

_FIELD = Field(bits=5, modulus=0b101001, generator=2)  # BIP173's x**5 + x**3 + 1
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_SYMBOLS = {ord(letter): value for letter, value in _VALUES.items()}
_PREFIX = b"ms1"
_HUMAN_READABLE = (3, 3, 0, 13, 19)  # "ms", expanded as in BIP173
LONGEST = 127
_UPPER, _LOWER, _CASE = range(0x41, 0x5B), range(0x61, 0x7B), 0x20


class _Checksum:
    """A BCH code: its generator without the leading coefficient, and what is left when it holds."""

    __slots__ = ("_multiples", "_target", "size")

    def __init__(self, generator: str, target: str) -> None:
        symbols = _symbols(generator.encode())
        # All multiples beforehand, so that none is made from a secret later.
        self._multiples = [bytes(len(symbols))]
        self._multiples += [bytes(symbols.translate(_FIELD.row(factor))) for factor in range(1, 32)]
        self._target = _symbols(target.encode())
        self.size = len(symbols)

    def residue(self, symbols: Iterable[int]) -> bytearray:
        """What is left of the human-readable part and `symbols`, minus the target."""
        left = bytearray(self.size)
        left[-1] = 1
        view = memoryview(left)
        for symbol in chain(_HUMAN_READABLE, symbols):
            multiple = self._multiples[left[0]]
            view[:-1] = view[1:]
            left[-1] = symbol
            add(left, multiple)
        add(left, self._target)
        return left


@dataclass(frozen=True, slots=True, eq=False)
class Codex32Share:
    """A secret or one of its shares. `payload` is symbols of 5 bits; `erase` it after use."""

    threshold: int
    identifier: str
    index: str
    payload: bytearray = field(repr=False)

    def encode(self) -> str:
        """The share as text, in lower case. Not to be kept: see the module."""
        with Scratch() as scratch:
            return scratch.owned(self.letters()).decode("ascii")

    def letters(self) -> bytearray:
        """The same in ASCII, the caller's to erase."""
        header = _symbols(f"{self.threshold}{self.identifier}{self.index}".encode())
        with Scratch() as scratch:
            body = scratch.owned(header + self.payload)
            code = _code(len(body))
            checksum = scratch.owned(code.residue(chain(body, bytes(code.size))))
            text = bytearray(_PREFIX + bytes(len(body) + code.size))
            for place, symbol in enumerate(chain(body, checksum), len(_PREFIX)):
                text[place] = ord(ALPHABET[symbol])
            return text

    def seed(self) -> MasterSeed:
        """The master seed (16 to 64 bytes), the caller's to erase. Raises Malformed for a share."""
        if self.index != WHOLE:
            raise Malformed("A share is not a seed: its fellows are needed.")
        with Scratch() as scratch:
            seed = scratch.buffer(len(self.payload) * 5 // 8)
            for index, byte in zip(range(len(seed)), regroup(self.payload, 5, 8), strict=False):
                seed[index] = byte
            return MasterSeed(seed)

    def erase(self) -> None:
        curve.erase(self.payload)


def parse(text: str | Buffer) -> Codex32Share:
    """A secret or a share. Raises Malformed: prefix, letters, mixed case, length, or checksum.

    A buffer is ASCII and stays the caller's to erase; of a str there are copies that nobody can.
    """
    with Scratch() as scratch:
        letters = text.encode(errors="replace") if isinstance(text, str) else text
        body = _body(letters, scratch)
        symbols = scratch.owned(_symbols(body))
        code = _code_of_whole(len(symbols))
        if any(scratch.owned(code.residue(symbols))):
            raise Malformed("The codex32 checksum is wrong: a letter was changed or lost.")
        payload = scratch.copy(memoryview(symbols)[6 : -code.size])
        _check_payload(payload)
        header = str(body[:6], "ascii")  # no secret
        threshold = _threshold(header[0], header[5])
        return Codex32Share(threshold, header[1:5], header[5], scratch.released(payload))


def from_seed(seed: bytes | bytearray, identifier: str, threshold: int = 0) -> Codex32Share:
    """A master seed (16 to 64 bytes) as the secret of a threshold: 0 alone, or 2 to 9 for `split`.

    `identifier` is four letters of the bech32 alphabet, in lower case. Raises Malformed.
    """
    if len(identifier) != 4 or any(letter not in _VALUES for letter in identifier):
        raise Malformed("An identifier is four letters of the bech32 alphabet.")
    if threshold not in (0, *range(2, 10)):
        raise Malformed("A threshold is 0, or 2 to 9.")
    with Scratch() as scratch:
        payload = scratch.buffer((len(seed) * 8 + 4) // 5)
        padded = regroup(chain(seed, (0,)), 8, 5)
        for index, symbol in zip(range(len(payload)), padded, strict=False):
            payload[index] = symbol
        _check_payload(payload)
        return Codex32Share(threshold, identifier, WHOLE, scratch.released(payload))


def split(
    secret: Codex32Share, count: int, randomness: bytes | bytearray
) -> tuple[Codex32Share, ...]:
    """`count` shares of a secret, any `secret.threshold` of which bring it back.

    `randomness` is 32 bytes or more; with the same secret it gives the same shares. Raises
    Malformed for a count below the threshold or above 31, or for what is not a secret to share.
    """
    if secret.index != WHOLE or not 2 <= secret.threshold <= count <= len(_SHARES):
        raise Malformed("A secret of threshold 2 to 9 is split, in that many shares up to 31.")
    size = len(secret.payload)
    purpose = f"quietkey/codex32/{secret.threshold}{secret.identifier}".encode()
    with Scratch() as scratch, expand(purpose, randomness, secret.payload) as stream:
        points = {_VALUES[WHOLE]: secret.payload}
        for index in _SHARES[: secret.threshold - 1]:
            fresh = scratch.owned(stream.take(size))
            points[_VALUES[index]] = scratch.owned(fresh.translate(_FIVE_BITS))
        payloads = [
            scratch.owned(_FIELD.interpolated(points, _VALUES[index])) for index in _SHARES[:count]
        ]
        shares = tuple(
            Codex32Share(secret.threshold, secret.identifier, index, payload)
            for index, payload in zip(_SHARES, payloads, strict=False)
        )
        for share in shares:
            scratch.released(share.payload)
        return shares


def recover(shares: Sequence[Codex32Share]) -> Codex32Share:
    """The secret of at least `threshold` shares; more than that must agree with it (T65)."""
    return derive(shares, WHOLE)


def derive(shares: Sequence[Codex32Share], index: str) -> Codex32Share:
    """The share at `index`, its payload the caller's to erase. Raises Malformed.

    The shares must be of one secret, no two the same, and as many as their threshold says.
    """
    if index not in _VALUES:
        raise Malformed("An index is a letter of the bech32 alphabet.")
    needed, points = _points(shares)
    with Scratch() as scratch:
        basis = {place: points[place] for place in tuple(points)[:needed]}
        for place in tuple(points)[needed:]:
            if scratch.owned(_FIELD.interpolated(basis, place)) != points[place]:
                raise Malformed("These shares do not belong together.")
        payload = scratch.owned(_FIELD.interpolated(basis, _VALUES[index]))
        first = shares[0]
        return Codex32Share(first.threshold, first.identifier, index, scratch.released(payload))


def _points(shares: Sequence[Codex32Share]) -> tuple[int, dict[int, bytearray]]:
    """How many shares are needed, and the payload at each place."""
    kinds = {(share.threshold, share.identifier, len(share.payload)) for share in shares}
    if len(kinds) != 1:
        raise Malformed("These shares are not of one secret.")
    points = {_VALUES[share.index]: share.payload for share in shares}
    needed = max(1, shares[0].threshold)
    if len(points) != len(shares):
        raise Malformed("A share was given twice.")
    if len(points) < needed:
        raise Malformed(f"{needed} shares are needed, {len(points)} were given.")
    return needed, points


_FIVE_BITS = bytes(value & 31 for value in range(256))


def _code(size: int) -> _Checksum:
    """The code of a data part of `size` symbols before its checksum: the short one up to 80."""
    return _SHORT if size <= 80 else _LONG


def _code_of_whole(size: int) -> _Checksum:
    if size <= 93:
        return _SHORT
    if size >= 96:
        return _LONG
    raise Malformed("codex32 text of this length has no checksum.")


def _check_payload(payload: bytearray) -> None:
    bits = len(payload) * 5
    if not 128 <= bits - bits % 8 <= 512 or bits % 8 > 4:
        raise Malformed("codex32 text holds 16 to 64 bytes, and no letter too many.")


def _body(text: Buffer, scratch: Scratch) -> memoryview:
    """The letters behind the prefix, in lower case."""
    if len(text) > LONGEST or any(letter > 0x7E for letter in text):
        raise Malformed(f"codex32 text has at most {LONGEST} letters, all ASCII.")
    is_upper = any(letter in _UPPER for letter in text)
    if is_upper and any(letter in _LOWER for letter in text):
        raise Malformed("codex32 text mixes upper and lower case.")
    lower = scratch.buffer(len(text))
    for index, letter in enumerate(text):
        lower[index] = letter | _CASE if letter in _UPPER else letter
    if not lower.startswith(b"ms1"):
        raise Malformed("codex32 text of a seed starts with ms1.")
    return memoryview(lower)[3:]


def _symbols(letters: Buffer) -> bytearray:
    for position, letter in enumerate(letters, start=4):
        if letter not in _SYMBOLS:
            raise Malformed(f"The letter at position {position} is not bech32.")
    symbols = bytearray(len(letters))
    for index, letter in enumerate(letters):
        symbols[index] = _SYMBOLS[letter]
    return symbols


def _threshold(digit: str, index: str) -> int:
    if digit not in "023456789":
        raise Malformed("A codex32 threshold is 0, or 2 to 9.")
    if digit == "0" and index != WHOLE:
        raise Malformed("Text of threshold 0 is the whole secret, with index s.")
    return int(digit)


# BIP93, Checksum and Long codex32 Strings; the generators are those of its appendix.
_SHORT = _Checksum("em3gqeeelmcss", "secretshare32")
_LONG = _Checksum("02e6fe4xh4x9kyh", "secretshare32ex")
