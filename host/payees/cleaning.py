"""What copying leaves around a text: nothing of it can be a part of an address."""

import unicodedata

# Quotes, brackets and accents that stand for quotes (Unicode), in pairs or not.
_WRAPPING = {"Pi", "Pf", "Ps", "Pe", "Sk"}
_ASCII_WRAPPING = "\"'<>"
_SENTENCE_ENDS = ".,;!?"


def visible(text: str) -> str:
    """The text without signs that nobody sees (Unicode category Cf, Cc), and stripped."""
    shown = (letter if letter.isspace() or not _is_hidden(letter) else "" for letter in text)
    return "".join(shown).strip()


def one_line(text: str) -> str:
    """The visible text with a space for all white space: what somebody else wrote to be shown."""
    return " ".join(visible(text).split())


def unwrapped(text: str) -> str:
    """The visible text without the quotes, brackets and punctuation around it."""
    text = visible(text)
    while text and _wraps(text[0]):
        text = text[1:].lstrip()
    while text and (_wraps(text[-1]) or text[-1] in _SENTENCE_ENDS):
        text = text[:-1].rstrip()
    return text


def joined(text: str) -> str:
    """Without white space: groups and lines in one."""
    return "".join(text.split())


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cf", "Cc", "Cs", "Co"}


def _wraps(letter: str) -> bool:
    return letter in _ASCII_WRAPPING or unicodedata.category(letter) in _WRAPPING
