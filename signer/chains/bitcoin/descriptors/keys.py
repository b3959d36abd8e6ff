"""Key expressions: the keys inside a descriptor (BIP380, BIP389, BIP390).

Public keys only. A private key is refused on purpose, in every form and without repeating it: what
a screen, a camera or a file has seen is no secret any more.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from signer.chains.bitcoin.network import Network
from signer.errors import Malformed
from signer.formats import base58
from signer.keys import curve, musig
from signer.keys.extended import NO_PRIVATE_KEYS, ExtendedPublicKey
from signer.keys.path import HARDENED, MAX_DEPTH, Path, render

HEX = re.compile("[0-9a-fA-F]+")
MAX_BRANCHES = 256  # of a multipath step; wallets have two
MAX_PARTICIPANTS = 100  # each is a point multiplication, for every script derived
PublicKeyAt: TypeAlias = Callable[[int], bytes]  # the key at an index, within one branch


class KeyUse(Enum):
    """Where a key stands decides its form: 33 bytes everywhere, other forms only in old scripts.

    Only legacy scripts take uncompressed keys; only taproot takes x-only keys and musig().
    """

    LEGACY = "legacy"
    SEGWIT = "segwit"
    TAPROOT = "taproot"


@dataclass(frozen=True, slots=True)
class KeyOrigin:
    """The master key's fingerprint (4 bytes), and the path from it to the key that follows."""

    fingerprint: bytes
    path: Path


@dataclass(frozen=True, slots=True)
class Steps:
    """Unhardened steps below a key: a prefix, one of `choices` (BIP389), a suffix, any index.

    `choices` is empty where there is no multipath step. Kept apart and joined only when a branch
    is asked for: written out, a text of n characters could ask for n * n numbers (T75).
    """

    prefix: Path = ()
    choices: Path = ()
    suffix: Path = ()
    is_ranged: bool = False

    def path(self, branch: int) -> Path:
        chosen = (self.choices[branch],) if self.choices else ()
        return self.prefix + chosen + self.suffix

    @property
    def depth(self) -> int:
        return len(self.prefix) + bool(self.choices) + len(self.suffix) + self.is_ranged


@dataclass(frozen=True, slots=True)
class FixedKey:
    """One public key: 33 bytes, 65 in legacy scripts. In taproot it is its even point (BIP340)."""

    public_key: bytes
    # Not compared: a key under two origins is still one key, and a script may want it only once.
    origin: KeyOrigin | None = field(default=None, compare=False)

    def branch(self, _branch: int) -> PublicKeyAt:
        return lambda _index: self.public_key


@dataclass(frozen=True, slots=True)
class DerivedKey:
    """An extended key and the steps below it."""

    xpub: ExtendedPublicKey
    steps: Steps
    origin: KeyOrigin | None = field(compare=False)

    def branch(self, branch: int) -> PublicKeyAt:
        """The keys of one branch; all steps but the index are done now, and once."""
        return _walk(self.xpub, self.steps, branch)


@dataclass(frozen=True, slots=True)
class Musig:
    """The aggregate of several keys (BIP327), and the steps below it (BIP328)."""

    participants: tuple[FixedKey | DerivedKey, ...]
    steps: Steps = field(default_factory=Steps)

    def branch(self, branch: int) -> PublicKeyAt:
        parts = [participant.branch(branch) for participant in self.participants]
        if not self.steps.depth:
            return lambda index: _aggregate([key(index) for key in parts])
        return _walk(musig.synthetic(_aggregate([key(0) for key in parts])), self.steps, branch)


KeyExpression: TypeAlias = FixedKey | DerivedKey | Musig


def _walk(node: ExtendedPublicKey, steps: Steps, branch: int) -> PublicKeyAt:
    for step in steps.path(branch):
        node = node.child(step)
    if steps.is_ranged:
        return node.child_key
    return lambda _index: node.public_key


def _aggregate(public_keys: Sequence[bytes]) -> bytes:
    return curve.musig_aggregate(sorted(public_keys))  # BIP390: sorted after derivation


def all_steps(key: KeyExpression) -> tuple[Steps, ...]:
    """Every run of steps in a key expression: its own, and those of its participants."""
    match key:
        case FixedKey():
            return ()
        case DerivedKey():
            return (key.steps,)
        case Musig():
            inside = (steps for participant in key.participants for steps in all_steps(participant))
            return (key.steps, *inside)


def render_origin(origin: KeyOrigin) -> str:
    """`9f3c21aa/48h/1h/0h/2h`, as it stands in brackets before a key."""
    return origin.fingerprint.hex() + render(origin.path).removeprefix("m")


# --- text in


def parse(text: str, network: Network, use: KeyUse) -> KeyExpression:
    """A KEY expression (BIP380), or a musig() one (BIP390), as `use` allows. Raises Malformed."""
    if text.startswith("musig("):
        if use is not KeyUse.TAPROOT:
            raise Malformed("musig() is for taproot only.")
        return _musig(text, network)
    return _single(text, network, use)


def _musig(text: str, network: Network) -> Musig:
    inside, closed, tail = text.removeprefix("musig(").partition(")")
    if not closed:
        raise Malformed("A musig() is not closed.")
    listed = inside.split(",", MAX_PARTICIPANTS)
    if len(listed) > MAX_PARTICIPANTS:
        raise Malformed(f"A musig() has at most {MAX_PARTICIPANTS} keys.")
    participants = tuple(_single(participant, network, KeyUse.SEGWIT) for participant in listed)
    return _check_musig(Musig(participants, _steps(tail)))


def _check_musig(key: Musig) -> Musig:
    """The same, if its steps and those of its participants go together (BIP390).

    An aggregate has one chain code for all places only if its participants do not move.
    """
    if key.steps.depth:
        for participant in key.participants:
            if not isinstance(participant, DerivedKey):
                raise Malformed("Steps below a musig() need extended keys in it.")
            if participant.steps.is_ranged:
                raise Malformed("A musig() with steps below has keys without a wildcard in it.")
            if participant.steps.choices and key.steps.choices:
                raise Malformed("A musig() has its branches inside or below, not both.")
    return key


def _single(text: str, network: Network, use: KeyUse) -> FixedKey | DerivedKey:
    origin, tail = _origin(text)
    key, slash, steps_text = tail.partition("/")
    if HEX.fullmatch(key):
        if slash:
            raise Malformed("Only extended keys have steps below.")
        return FixedKey(_hex_key(key, use), origin)
    if _is_wif(key):
        raise Malformed(NO_PRIVATE_KEYS)
    xpub = ExtendedPublicKey.parse(key, (network.xpub,))
    steps = _steps(slash + steps_text)
    if xpub.depth + steps.depth > MAX_DEPTH:
        raise Malformed(f"A key lies at most {MAX_DEPTH} steps below its master key.")
    return DerivedKey(xpub, steps, origin)


_ORIGIN = re.compile(r"\[([0-9a-fA-F]{8})([/0-9h']*)\]([^\[\]]*)")


def _origin(text: str) -> tuple[KeyOrigin | None, str]:
    if not text.startswith("["):
        return None, text
    match = _ORIGIN.fullmatch(text)
    if not match:
        raise Malformed("A key origin is a fingerprint of 8 hex digits and a path, in brackets.")
    fingerprint, path, tail = match.groups()
    return KeyOrigin(bytes.fromhex(fingerprint), tuple(map(_hardenable, _split(path)))), tail


def _split(path: str) -> list[str]:
    """What stands behind each slash; of no path nothing."""
    root, *steps = path.split("/", MAX_DEPTH + 1)
    if root or len(steps) > MAX_DEPTH:
        raise Malformed(f"The steps of a key are numbers behind slashes, {MAX_DEPTH} at most.")
    return steps


def _hardenable(text: str) -> int:
    digits = text[:-1] if text.endswith(("h", "'")) else text
    return number(digits) + (HARDENED if digits != text else 0)


def number(digits: str) -> int:
    """An unhardened child number in its one spelling. Raises Malformed."""
    # int() would take signs, blanks, underscores and the digits of other scripts.
    if not (digits.isascii() and digits.isdecimal()) or (digits[0] == "0" and digits != "0"):
        raise Malformed("A step below a public key is a plain number; none can be hardened.")
    if len(digits) > 10 or int(digits) >= HARDENED:
        raise Malformed(f"A step is at most {HARDENED - 1}.")
    return int(digits)


def _steps(text: str) -> Steps:
    """`/0/<0;1>/5/*` as steps. Hardened ones need the private key, which is not here."""
    if not text:
        return Steps()
    steps = _split(text)
    is_ranged = steps[-1] == "*"
    plain = steps[:-1] if is_ranged else steps
    fork = next(
        (position for position, step in enumerate(plain) if step.startswith("<")), len(plain)
    )
    return Steps(
        prefix=tuple(map(number, plain[:fork])),
        choices=_choices(plain[fork]) if fork < len(plain) else (),
        suffix=tuple(map(number, plain[fork + 1 :])),  # where a second multipath step is no number
        is_ranged=is_ranged,
    )


def _choices(text: str) -> Path:
    listed = text[1:-1].split(";", MAX_BRANCHES)
    if not text.endswith(">") or not 2 <= len(listed) <= MAX_BRANCHES:
        raise Malformed(f"A multipath step is 2 to {MAX_BRANCHES} numbers in angle brackets.")
    choices = tuple(map(number, listed))
    if len(set(choices)) != len(choices):
        raise Malformed("A multipath step names a number twice.")
    return choices


# --- plain keys


def _hex_key(text: str, use: KeyUse) -> bytes:
    key = bytes.fromhex(text) if len(text) in {64, 66, 130} else b""
    match len(key), use:
        case 33, KeyUse.TAPROOT:
            return b"\x02" + curve.check_public_key(key)[1:]
        case 32, KeyUse.TAPROOT:
            return curve.check_public_key(b"\x02" + key)
        case 33, _:
            return curve.check_public_key(key)
        case 65, KeyUse.LEGACY:
            return _check_uncompressed(key)
        case _:
            raise Malformed(f"A public key of this length is none for a {use.value} script.")


_FIELD = 2**256 - 2**32 - 977  # SEC 2, secp256k1


def _check_uncompressed(key: bytes) -> bytes:
    # Hybrid keys (prefix 6 or 7) hold the same point in another spelling; no wallet makes them,
    # and software disagrees about them (T55).
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    if key[0] != 4 or max(x, y) >= _FIELD or (y * y - x**3 - 7) % _FIELD:
        raise Malformed("A public key is not an uncompressed point of the curve.")
    return key


def _is_wif(text: str) -> bool:
    """Whether this is a private key in wallet import format, compressed or not, of any network."""
    if len(text) not in {51, 52}:
        return False
    try:
        return base58.decode_check(text)[0] in {0x80, 0xEF}
    except Malformed:
        return False
