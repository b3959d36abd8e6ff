"""Derivation paths (BIP32): parse, render, bounds. A path is a tuple of child numbers."""

from signer.errors import Malformed

Path = tuple[int, ...]

HARDENED = 1 << 31
MAX_DEPTH = 255  # BIP32 serializes the depth in one byte
_LONGEST = 1 + MAX_DEPTH * len("/2147483647h")


def check(path: Path) -> Path:
    """The same path, if it is at most MAX_DEPTH child numbers of 32 bits. Raises Malformed."""
    if len(path) > MAX_DEPTH:
        raise Malformed(f"A path has at most {MAX_DEPTH} steps.")
    for step, child in enumerate(path, start=1):
        if not 0 <= child < 1 << 32:
            raise Malformed(f"Step {step} of the path is not a 32-bit number.")
    return path


def parse(text: str) -> Path:
    """`m/84h/1h/0h/0/5` as child numbers; `'` and `H` also harden a step. Raises Malformed."""
    if len(text) > _LONGEST:
        raise Malformed(f"A path has at most {_LONGEST} letters.")
    root, *steps = text.split("/")
    if root != "m":
        raise Malformed("A path starts with m.")
    if len(steps) > MAX_DEPTH:
        raise Malformed(f"A path has at most {MAX_DEPTH} steps.")
    return tuple(_step(step, position) for position, step in enumerate(steps, start=1))


def _step(text: str, position: int) -> int:
    digits = text.removesuffix(text[-1]) if text[-1:] in ("h", "H", "'") else text
    # isdecimal alone would let other scripts' digits in, and a leading zero writes one path twice.
    if not (digits.isascii() and digits.isdecimal()) or (digits[0] == "0" and digits != "0"):
        raise Malformed(f"Step {position} of the path is not a number, with h if hardened.")
    if len(digits) > 10 or int(digits) >= HARDENED:
        raise Malformed(f"Step {position} of the path is over {HARDENED - 1}.")
    return int(digits) + (HARDENED if digits != text else 0)


def render(path: Path) -> str:
    """The path as people write it: `m/84h/1h/0h/0/5`."""
    return "/".join(("m", *map(_text, path)))


def bare(path: Path) -> str:
    """The same without the m that all others begin with: `84h/1h/0h/0/5`."""
    return render(path).removeprefix("m/")


def _text(child: int) -> str:
    return f"{child - HARDENED}h" if child >= HARDENED else str(child)
