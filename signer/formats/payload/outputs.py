"""Accounts as CBOR in a UR: crypto-output (BCR-2020-010), output-descriptor (BCR-2023-010) and kin.

They are written out as a descriptor's text, which the same reader judges as any other.
"""

import re
from typing import Final

from signer.errors import Malformed
from signer.formats import account, cbor
from signer.formats.account import HARDENED, AccountKey
from signer.formats.cbor import Tag, Value
from signer.formats.payload import descriptors
from signer.formats.payload.values import AccountDescription, AccountKeys
from signer.formats.qr.ur import Ur

OUTPUT_TYPES: Final = ("crypto-output", "output-descriptor")
TYPES: Final = (*OUTPUT_TYPES, "account-descriptor", *account.ACCOUNT_TYPES)

_FUNCTIONS: Final = {400: "sh", 401: "wsh", 403: "pkh", 404: "wpkh", 409: "tr"}
_MULTI: Final = {406: "multi", 407: "sortedmulti"}
_OUTPUT: Final = (308, 40308)
_HDKEY: Final = (303, 40303)
_KEYPATH: Final = (304, 40304)
_MENTION: Final = re.compile("@([0-9]{1,3})")
_NO_OUTPUT: Final = "The UR is no account: a script of it is missing, or of another kind."


def of_ur(ur: Ur) -> AccountDescription | AccountKeys:
    """The account or the account keys of a UR of one of TYPES. Raises Malformed."""
    if ur.type in account.ACCOUNT_TYPES:
        parsed = account.parse(ur)
        return AccountKeys(tuple(_expression(parsed.fingerprint, key) for key in parsed.keys))
    value = cbor.decode(ur.cbor, cbor.LENIENT)
    if ur.type == "account-descriptor":
        return _account(value)
    name, text = _output(value)
    return descriptors.of_lines([text], name)


def _account(value: Value) -> AccountKeys:
    """The keys of a version 2 account: those of its descriptors of one key (BCR-2023-019)."""
    match value:
        case {1: int(), 2: [*outputs]}:
            described = [descriptors.of_lines([_output(output)[1]]) for output in outputs]
            single = [entry.keys[0] for entry in described if len(entry.keys) == 1]
            return AccountKeys(tuple(dict.fromkeys(single)))
        case _:
            raise Malformed("An account is a fingerprint and a list of descriptors.")


def _output(value: Value) -> tuple[str, str]:
    """The name and the descriptor that an output of either version stands for."""
    while isinstance(value, Tag) and value.number in _OUTPUT:
        value = value.value
    if not isinstance(value, dict):
        return "", _script(value)
    source, listed, name = value.get(1), value.get(2, []), value.get(3, "")
    if not isinstance(source, str) or not isinstance(listed, list):
        raise Malformed(_NO_OUTPUT)
    texts = [_key(key) for key in listed]
    return name if isinstance(name, str) else "", _filled(source, texts)


def _filled(source: str, texts: list[str]) -> str:
    """The text of a version 2 descriptor with its keys in place."""

    def text_of(match: "re.Match[str]") -> str:
        number = int(match[1])
        if number >= len(texts):
            raise Malformed(f"The descriptor names key {number}, and there are {len(texts)}.")
        return texts[number]

    return _MENTION.sub(text_of, source)


def _script(value: Value) -> str:
    """A version 1 output: tags for functions, one inside the other."""
    opened: list[str] = []
    while isinstance(value, Tag) and value.number in _FUNCTIONS:
        opened.append(_FUNCTIONS[value.number])
        value = value.value
    match value:
        case Tag(number, {1: int(threshold), 2: [*listed]}) if number in _MULTI:
            opened.append(_MULTI[number])
            inside = ",".join((str(threshold), *map(_key, listed)))
        case Tag(number) if number in _HDKEY:
            inside = _key(value)
        case _:
            raise Malformed(_NO_OUTPUT)
    if not opened:
        raise Malformed(_NO_OUTPUT)
    return "(".join((*opened, inside)) + ")" * len(opened)


def _key(value: Value) -> str:
    """`[fingerprint/path]xpub/steps` of an hdkey (BCR-2020-007)."""
    fingerprint, key = account.parse_key("", value)
    fields = value.value if isinstance(value, Tag) else value
    children = fields.get(7) if isinstance(fields, dict) else None
    return _expression(fingerprint, key) + _steps(children)


def _expression(fingerprint: bytes, key: AccountKey) -> str:
    if not any(fingerprint) and not key.path:
        return key.xpub
    steps = (f"/{step % HARDENED}{'h' if step >= HARDENED else ''}" for step in key.path)
    return f"[{fingerprint.hex()}{''.join(steps)}]{key.xpub}"


def _steps(value: Value) -> str:
    """What stands behind a key: numbers, pairs for both branches, a wildcard."""
    if value is None:
        return ""
    if isinstance(value, Tag) and value.number in _KEYPATH:
        value = value.value
    components = value.get(1) if isinstance(value, dict) else None
    if not isinstance(components, list):
        raise Malformed("The steps behind a key are no key path.")
    return _joined(components)


def _joined(components: list[Value]) -> str:
    text = ""
    rest = iter(components)
    for step in rest:
        match step:
            case [int(low), bool(), int(high), bool()]:  # a pair has its marks inside
                text += f"/<{low};{high}>"
                continue
            case []:
                text += "/*"
            case [int(low), int(high)]:
                text += f"/<{low};{high}>"
            case int() if not isinstance(step, bool):
                text += f"/{step}"
            case _:
                raise Malformed("A step behind a key is no number.")
        text += "h" if next(rest, None) is True else ""
    return text
