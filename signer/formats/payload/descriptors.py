"""Accounts as descriptors (BIP380, BIP389): each way that wallets write one, to a BIP388 template.

Wallets write both branches at once (`/<0;1>/*`, `/**`), one line for each (`/0/*`, `/1/*`), or no
steps at all. All of them mean the same account. What cannot be told is refused, saying what it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signer.errors import Malformed
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.payload import keys
from signer.formats.payload.values import AccountDescription

MOST_KEYS: Final = 32
LONGEST: Final = 1 << 14
START: Final = re.compile(r"(?:pkh|wpkh|sh|wsh|tr)\(")
_STEPS: Final = r"(?P<steps>(?:/(?:\{[0-9]+,[0-9]+\}|[0-9*<>;hH']+))*)"
_KEY: Final = re.compile(rf"(?:{keys.EXTENDED.pattern}|(?P<joint>(?<=\))(?=/))){_STEPS}")
_BOTH: Final = re.compile(r"/(?:<|\{)([0-9]+)[;,]([0-9]+)(?:>|\})/\*")
_BRANCH: Final = re.compile(r"/([0-9]+)/\*")
_HARDENED: Final = re.compile(r"[hH']")
_PLACE: Final = "\0"  # in no descriptor
_MENTION: Final = re.compile("@([0-9]+)")
_MUSIG: Final = re.compile(r"musig\([^)]*\)")


@dataclass(frozen=True, slots=True)
class _Line:
    """A descriptor with a mark for the steps of each key, those steps, and its keys by number."""

    outline: str
    steps: tuple[str, ...]
    keys: tuple[str, ...]
    is_checked: bool


def of_lines(texts: Sequence[str], name: str = "") -> AccountDescription:
    """The account of one descriptor, or of those of its two branches in either order.

    Raises Malformed, saying what is missing or wrong.
    """
    lines = [_line(text) for text in dict.fromkeys(texts)]
    both = [line for line in lines if not any(map(_BRANCH.fullmatch, line.steps))]
    if not both and len(lines) == 1:
        return _described(name, lines[0], [_both_of(step) for step in lines[0].steps])
    single = [line for line in lines if line not in both]
    merged = _merged(single) if single else None
    if not both and merged:
        return _described(name, single[0], merged, single)
    steps = [_both_of(step) for step in both[0].steps]
    # A file that says one account in three ways must mean one account.
    if any(line.outline != both[0].outline or line.keys != both[0].keys for line in lines) or (
        merged is not None and merged != steps
    ):
        raise Malformed("The descriptors are of different accounts. Show one account alone.")
    return _described(name, both[0], steps, lines)


def body_of(account: AccountDescription) -> str:
    """The account's descriptor for both branches (BIP389), without a checksum."""
    return _MENTION.sub(lambda match: account.keys[int(match[1])], account.template)


def text(account: AccountDescription) -> str:
    """The same with its checksum (BIP380). Raises Malformed as `checksum` does."""
    return f"{body_of(account)}#{checksum(account)}"


def checksum(account: AccountDescription) -> str:
    """The checksum of the account's descriptor as this device writes it: a name for who has none.

    Raises Malformed for letters that no descriptor is made of.
    """
    return checksum_of(body_of(account))


def _line(text: str) -> _Line:
    if len(text) > LONGEST:
        raise Malformed(f"A descriptor has at most {LONGEST} letters.")
    keys.check_public(text)
    body, mark, checksum_text = "".join(text.split()).partition("#")
    # One wrong letter of a path or a threshold would be another account (threat T43).
    if mark and checksum_of(body) != checksum_text.lower():
        raise Malformed("The descriptor and its checksum do not fit: a letter is wrong or missing.")
    if not START.match(body) or not body.endswith(")"):
        raise Malformed("The descriptor has no end: its last ) is missing.")
    numbers: dict[str, int] = {}
    steps: list[str] = []
    joint = [match.span() for match in _MUSIG.finditer(body)]

    def placed(match: "re.Match[str]") -> str:
        is_inside = any(start < match.start() < end for start, end in joint)
        mention = ""
        if match["key"]:
            key = keys.expression(match)
            mention = f"@{numbers.setdefault(key, len(numbers))}"
        if is_inside and not match["steps"]:
            return mention
        steps.append(match["steps"])
        return mention + _PLACE

    outline = _KEY.sub(placed, body)
    if not 1 <= len(numbers) <= MOST_KEYS:
        raise Malformed("The descriptor has no extended keys (xpub...), or too many.")
    return _Line(outline, tuple(steps), tuple(numbers), bool(mark))


def _both_of(steps: str) -> str:
    """The steps of both branches, of a key's steps in a descriptor that stands alone."""
    if _HARDENED.search(steps):
        raise Malformed("A hardened step stands behind a public key. Nobody can derive that.")
    if steps in {"", "/**", "/0/*"}:
        return "/<0;1>/*"
    if match := _BOTH.fullmatch(steps):
        return f"/<{match[1]};{match[2]}>/*"
    if steps == "/1/*":
        raise Malformed("This is the line for change alone. The line that ends in /0/* is missing.")
    if _BRANCH.fullmatch(steps):
        raise Malformed("The line of the other branch, for change, is missing.")
    if steps == "/*":
        raise Malformed("The branches for receiving and change, /<0;1>/*, are missing.")
    raise Malformed("The steps behind a key are not like /<0;1>/* or /0/*.")


def _merged(lines: Sequence[_Line]) -> list[str]:
    """The steps of both branches, of a line for each."""
    if len(lines) != 2 or lines[0].outline != lines[1].outline or lines[0].keys != lines[1].keys:
        if len(lines) == 1:
            return [_both_of(step) for step in lines[0].steps]
        raise Malformed("The descriptors are of different accounts. Show one account alone.")
    pairs = []
    for first, second in zip(lines[0].steps, lines[1].steps, strict=True):
        branches = _BRANCH.fullmatch(first), _BRANCH.fullmatch(second)
        numbers = sorted(int(match[1]) for match in branches if match)
        if len({*numbers}) != 2:
            raise Malformed("The two lines are not those for receiving and for change.")
        pairs.append(f"/<{numbers[0]};{numbers[1]}>/*")
    return pairs


def _described(
    name: str, line: _Line, steps: Sequence[str], lines: Sequence[_Line] = ()
) -> AccountDescription:
    first, *pieces = line.outline.split(_PLACE)
    template = first + "".join(step + text for step, text in zip(steps, pieces, strict=True))
    is_checked = all(each_line.is_checked for each_line in lines or (line,))
    return AccountDescription(name, template, line.keys, is_checked)
