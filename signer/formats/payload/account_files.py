"""Accounts as files: JSON of several wallets, BSMS (BIP129), setup files, lines with a heading."""

import re
from collections.abc import Iterator
from typing import Final

from signer.errors import Malformed
from signer.formats import multisig_file
from signer.formats.payload import descriptors, json_text, keys
from signer.formats.payload.json_text import Json
from signer.formats.payload.values import AccountDescription, AccountKeys

Account = AccountDescription | AccountKeys

_HEADED: Final = re.compile(
    r"(?:external|internal|receiv\w*|change|deposit)[\w /()-]*[:=]\s*(.*)", re.IGNORECASE | re.ASCII
)
_SETUP: Final = re.compile(
    r"^\s*(?:name|policy|format|derivation)\s*:", re.IGNORECASE | re.MULTILINE | re.ASCII
)
_BSMS: Final = "BSMS"
_PATHS: Final = {"/0/*,/1/*", "/**", "No path restrictions", "/0/*", "/<0;1>/*"}
_WRAPPERS: Final = {"P2SH": "sh({})", "P2WSH": "wsh({})", "P2SH-P2WSH": "sh(wsh({}))"}
_ELECTRUM: Final = re.compile(r"([0-9]{1,2})of([0-9]{1,2})")
_TEMPLATES: Final = {
    "sh(multi(k))": "sh({})",
    "wsh(multi(k))": "wsh({})",
    "sh(wsh(multi(k)))": "sh(wsh({}))",
}


def of_text(text: str) -> Account | None:
    """The account in a text, with comments or without, or None for another text.

    Raises Malformed, saying what is missing or wrong.
    """
    if len(text) > json_text.LONGEST and not text.lstrip().startswith("{"):
        return None  # no account is so long, and a look at each of its lines takes long
    lines = [line.strip() for line in text.split("\n")]
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    if not lines:
        return None
    if lines[0].startswith(_BSMS):
        return _bsms(lines)
    if lines[0].startswith(("{", "[{")) or lines[0] == "[":
        return of_json(json_text.parse("\n".join(lines)))
    bodies = [match[1] if (match := _HEADED.fullmatch(line)) else line for line in lines]
    if all(map(descriptors.START.match, bodies)):
        return descriptors.of_lines(bodies)
    if descriptors.START.match(bodies[0]):
        return descriptors.of_lines(["".join(bodies)])  # one descriptor over several lines
    if all(map(keys.EXTENDED.fullmatch, bodies)):
        return AccountKeys(tuple(_key(body) for body in bodies))
    return _setup_file(text) if _SETUP.search(text) else None


def _key(text: str) -> str:
    match = keys.EXTENDED.fullmatch(text)
    if not match:
        raise Malformed("This is no extended public key.")
    return keys.expression(match)


def _setup_file(text: str) -> AccountDescription:
    """The file that Coldcard and others write for an account of several keys."""
    lines = {line.partition(":")[0].strip().lower() for line in text.splitlines()}
    for label in ("Name", "Policy", "Format", "Derivation"):
        if label.lower() not in lines:
            raise Malformed(f"The setup file has no line that begins with {label}:.")
    file = multisig_file.parse(text)
    outer = _TEMPLATES[file.script]
    listed = [
        keys.with_origin(cosigner.fingerprint.hex(), cosigner.derivation, cosigner.xpub)
        for cosigner in file.cosigners
    ]
    return _multisig(file.name, outer, file.threshold, listed, is_sorted=file.is_sorted)


def _multisig(
    name: str, outer: str, threshold: int, listed: list[str], *, is_sorted: bool = True
) -> AccountDescription:
    if not 1 <= threshold <= len(listed) or len(listed) > multisig_file.MOST_COSIGNERS:
        raise Malformed("The file has more signatures than keys, or too many keys.")
    mentions = "".join(f",@{number}/<0;1>/*" for number in range(len(listed)))
    template = outer.format(f"{'sorted' if is_sorted else ''}multi({threshold}{mentions})")
    return AccountDescription(name, template, tuple(listed), is_checked=False)


def _bsms(lines: list[str]) -> AccountDescription:
    """A BSMS record (BIP129, 1.0): version, descriptor, path restrictions, first address."""
    if len(lines) < 2 or not descriptors.START.match(lines[1]):
        raise Malformed("The BSMS record has no descriptor on its second line.")
    if len(lines) > 2 and lines[2] not in _PATHS:
        raise Malformed("The BSMS record has other paths than /0/*,/1/*.")
    return descriptors.of_lines([lines[1]])


# --- JSON


def of_json(value: Json) -> Account | None:
    """The account in the JSON of Specter, Core, Caravan, Electrum, Coldcard and others, or None.

    Raises Malformed, saying what is missing or wrong.
    """
    if isinstance(value, list):  # what Core's `importdescriptors` is given
        return _core(value)
    if not isinstance(value, dict):
        return None
    match value:
        case {"descriptor": str(text)}:
            return descriptors.of_lines(text.strip().split("\n"), _name(value))
        case {"descriptors": [*listed]}:
            return _core(listed)
        case {"quorum": {"requiredSigners": float(required)}, "extendedPublicKeys": [*listed]}:
            outer = _outer(value.get("addressType"))
            caravan = [_json_key(key, "xfp", "bip32Path", "xpub") for key in listed]
            return _multisig(_name(value), outer, int(required), caravan)
        case {"wallet_type": str(kind)}:
            return _electrum(kind, value)
        case {"xfp": str(fingerprint)}:
            return _coldcard(fingerprint, value)
        case {"MasterFingerprint": str(fingerprint), "ExtPubKey": str(key)}:
            way = value.get("AccountKeyPath", "m/84h/0h/0h")
            return AccountKeys((keys.with_origin(fingerprint, str(way), key),))
        case _:
            return None


def _name(value: dict[str, Json]) -> str:
    name = value.get("label", value.get("name", ""))
    return name if isinstance(name, str) else ""


def _core(listed: list[Json]) -> AccountDescription:
    """Bitcoin Core's `listdescriptors`: both branches of one account."""
    texts = [entry["desc"] for entry in listed if isinstance(entry, dict) and "desc" in entry]
    lines = [text for text in texts if isinstance(text, str)]
    if not lines:
        raise Malformed("The file has no descriptor in its list.")
    return descriptors.of_lines(lines)


def _outer(name: Json) -> str:
    outer = _WRAPPERS.get(name) if isinstance(name, str) else None
    if outer is None:
        raise Malformed("The file has no addressType like P2WSH.")
    return outer


def _json_key(value: Json, fingerprint: str, path: str, key: str) -> str:
    match value:
        case dict() if all(isinstance(value.get(name), str) for name in (fingerprint, path, key)):
            return keys.with_origin(*(str(value[name]) for name in (fingerprint, path, key)))
        case _:
            raise Malformed(f"A key of the file has no {fingerprint}, {path} or {key}.")


def _electrum(kind: str, value: dict[str, Json]) -> Account:
    """A wallet file of Electrum, unencrypted. Its keys tell the script (SLIP132)."""
    names = ("root_fingerprint", "derivation", "xpub")
    if kind == "standard":
        return AccountKeys((_json_key(value.get("keystore"), *names),))
    match = _ELECTRUM.fullmatch(kind)
    if not match:
        raise Malformed("The file is an Electrum wallet of another kind.")
    stores = [value.get(f"x{number}/") for number in range(1, int(match[2]) + 1)]
    listed = [_json_key(store, *names) for store in stores]
    letters = {str(store["xpub"])[0] for store in stores if isinstance(store, dict)}
    outer = {"Z": "wsh({})", "V": "wsh({})", "Y": "sh(wsh({}))", "U": "sh(wsh({}))"}
    return _multisig("", outer.get("".join(letters), "sh({})"), int(match[1]), listed)


def _coldcard(fingerprint: str, fields: dict[str, Json]) -> AccountKeys:
    """Coldcard's `coldcard-export.json` and `ccxp-....json`: a key for each kind of script."""
    listed = tuple(_coldcard_keys(fingerprint, fields))
    if not listed:
        raise Malformed("The file has a fingerprint (xfp), and no keys with their paths.")
    return AccountKeys(listed)


def _coldcard_keys(fingerprint: str, fields: dict[str, Json]) -> Iterator[str]:
    for name, value in fields.items():
        way = fields.get(f"{name}_deriv")
        match value:
            case {"deriv": str(path), "xpub": str(key)}:
                yield keys.with_origin(fingerprint, path, key)
            case str(key) if isinstance(way, str):
                yield keys.with_origin(fingerprint, way, key)
            case _:
                continue
