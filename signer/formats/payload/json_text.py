"""JSON (RFC 8259), small: objects, lists, texts, numbers, truth. Bounded, and without recursion."""

import re
from typing import Final, TypeAlias

from signer.errors import Malformed

Json: TypeAlias = "str | float | bool | list[Json] | dict[str, Json] | None"

LONGEST: Final = 1 << 17
_DEEPEST: Final = 16
_TOKEN: Final = re.compile(
    r'[ \t\r\n]*(?:(?P<sign>[{}\[\],:])|"(?P<text>(?:[^"\\\x00-\x1f]|\\.)*)"'
    r"|(?P<word>true|false|null)|(?P<number>-?[0-9]{1,24}(?:\.[0-9]{1,24})?(?:[eE][+-]?[0-9]{1,2})?))"
)
_WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_BROKEN: Final = "The JSON breaks off, or is none."


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0

    def next(self) -> "re.Match[str]":
        match = _TOKEN.match(self._text, self._offset)
        if not match:
            raise Malformed(_BROKEN)
        self._offset = match.end()
        return match

    @property
    def is_at_end(self) -> bool:
        return not self._text[self._offset :].strip(" \t\r\n")


def parse(text: str) -> Json:
    """The one value in `text`. A name that stands twice, and depth over 16, are Malformed."""
    if len(text) > LONGEST:
        raise Malformed(f"A JSON file has at most {LONGEST} letters here.")
    tokens = _Tokens(text)
    value = _value(tokens, tokens.next(), _DEEPEST)
    if not tokens.is_at_end:
        raise Malformed("There is something behind the JSON.")
    return value


def _value(tokens: _Tokens, token: "re.Match[str]", depth: int) -> Json:
    if not depth:
        raise Malformed("The JSON is nested too deeply.")
    match token["sign"]:
        case "{":
            return _object(tokens, depth - 1)
        case "[":
            return _list(tokens, depth - 1)
        case None:
            return _scalar(token)
        case _:
            raise Malformed(_BROKEN)


def _scalar(token: "re.Match[str]") -> Json:
    if token["text"] is not None:
        return _ESCAPE.sub(_unescaped, token["text"])
    return float(token["number"]) if token["number"] else _WORDS[token["word"]]


def _object(tokens: _Tokens, depth: int) -> Json:
    fields: dict[str, Json] = {}
    token = tokens.next()
    if token["sign"] == "}":
        return fields
    while True:
        name = _scalar(token) if token["text"] is not None else None
        if not isinstance(name, str) or name in fields or tokens.next()["sign"] != ":":
            raise Malformed(_BROKEN)
        fields[name] = _value(tokens, tokens.next(), depth)
        if (sign := tokens.next()["sign"]) == "}":
            return fields
        if sign != ",":
            raise Malformed(_BROKEN)
        token = tokens.next()


def _list(tokens: _Tokens, depth: int) -> Json:
    items: list[Json] = []
    token = tokens.next()
    if token["sign"] == "]":
        return items
    while True:
        items.append(_value(tokens, token, depth))
        if (sign := tokens.next()["sign"]) == "]":
            return items
        if sign != ",":
            raise Malformed(_BROKEN)
        token = tokens.next()


def _unescaped(match: "re.Match[str]") -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2] not in _ESCAPES:
        raise Malformed(_BROKEN)
    return _ESCAPES[match[2]]
