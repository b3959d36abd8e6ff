"""The text of a message as a person can judge it: what hides or pretends is marked, never dropped.

Text of a host moves the cursor, turns a line around, hides letters between letters, or spells a
word with letters that look like others (T90). Each such character is written as `<U+202E>`; so is
the `<` of a text that holds such a mark itself, so that two texts never look the same.
"""

import re
import unicodedata

MARK = "<U+"
# They draw nothing, though their categories say that they do (Unicode, Default_Ignorable).
_BLANK = {"\u115f", "\u1160", "\u2800"}
# The panel draws from left to right: words of these classes (UAX 9) would stand back to front.
_FROM_THE_RIGHT = {"R", "AL", "AN"}
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"}
# Written together in one word, and not to be taken for one another.
EAST_ASIAN = "EAST ASIAN"
_TOGETHER = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC")
_WORD = re.compile(r"[^\W\d_]+")


def visible(line: str) -> str:
    """A line of text with every character that is not plainly what it looks like marked."""
    mixed = {
        at
        for word in _WORD.finditer(line)
        if len(scripts(word.group())) > 1
        for at in range(*word.span())
        if not line[at].isascii()
    }
    return "".join(
        _mark(sign) if at in mixed or _hides(sign) or line.startswith(MARK, at) else sign
        for at, sign in enumerate(line)
    )


def scripts(text: str) -> set[str]:
    """The writing systems of its letters, by their Unicode names: LATIN, CYRILLIC, EAST ASIAN."""
    names = {re.split("[ -]", unicodedata.name(sign, ""))[0] for sign in text if sign.isalpha()}
    return {EAST_ASIAN if name in _TOGETHER else name for name in names}


def _hides(sign: str) -> bool:
    """Whether it cannot be seen, stands elsewhere, or is another one in disguise (NFKC)."""
    if " " <= sign <= "~":
        return False
    return (
        unicodedata.category(sign) in _UNSEEN
        or unicodedata.bidirectional(sign) in _FROM_THE_RIGHT
        or unicodedata.normalize("NFKC", sign) != sign
        or sign in _BLANK
    )


def _mark(sign: str) -> str:
    return f"{MARK}{ord(sign):04X}>"
