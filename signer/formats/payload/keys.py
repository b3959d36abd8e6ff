"""Extended public keys as wallets write them: with or without origin, in any letters (SLIP132)."""

import re
from typing import Final

from signer.errors import Malformed
from signer.formats import base58

_XPUB: Final = bytes.fromhex("0488b21e")  # BIP32
_TPUB: Final = bytes.fromhex("043587cf")
# SLIP132: letters that tell of a script beside the network. The text around them tells it better.
_VERSIONS: Final = {
    _XPUB: (_XPUB, ""),
    bytes.fromhex("049d7cb2"): (_XPUB, "sh(wpkh)"),  # ypub
    bytes.fromhex("04b24746"): (_XPUB, "wpkh"),  # zpub
    bytes.fromhex("0295b43f"): (_XPUB, "sh(wsh)"),  # Ypub
    bytes.fromhex("02aa7ed3"): (_XPUB, "wsh"),  # Zpub
    _TPUB: (_TPUB, ""),
    bytes.fromhex("044a5262"): (_TPUB, "sh(wpkh)"),  # upub
    bytes.fromhex("045f1cf6"): (_TPUB, "wpkh"),  # vpub
    bytes.fromhex("024289ef"): (_TPUB, "sh(wsh)"),  # Upub
    bytes.fromhex("02575483"): (_TPUB, "wsh"),  # Vpub
}
PRIVATE: Final = "This holds a private key. Never show one to a camera or a computer."
LETTERS: Final = "1-9A-HJ-NP-Za-km-z"  # of base58
# With its origin, and with what may stand behind it in a descriptor or in an export.
EXTENDED: Final = re.compile(
    rf"(?:\[(?P<fingerprint>[0-9a-fA-F]{{8}})(?P<path>(?:/[0-9]+[hH']?)*)\])?"
    rf"(?P<key>[xyztuvYZUV]pub[{LETTERS}]+)"
)
_PRIVATE_KEY: Final = re.compile(rf"[xyztuvYZUV]prv[{LETTERS}]{{40,}}")
_SINGLE_PRIVATE_KEY: Final = re.compile(
    rf"(?:[59][{LETTERS}]{{50}}|[KLc][{LETTERS}]{{51}}|6P[{LETTERS}]{{56}})"
)


def plain(key: str) -> str:
    """The key with ordinary letters in front, xpub or tpub. Raises Malformed."""
    raw = base58.decode_check(key)
    if raw[:4] not in _VERSIONS or len(raw) != 78:
        raise Malformed("This is no extended public key.")
    return base58.encode_check(_VERSIONS[raw[:4]][0] + raw[4:])


def with_letters(xpub: str, script: str) -> str:
    """The key with the letters that tell of its script (SLIP132): zpub and kin; else as it is.

    `script` is the descriptor function around the key, "wpkh" or "sh(wsh)". Raises Malformed.
    """
    raw = base58.decode_check(xpub)
    for version, (network, function) in _VERSIONS.items():
        if (network, function) == (raw[:4], script):
            return base58.encode_check(version + raw[4:])
    return xpub


def expression(match: "re.Match[str]") -> str:
    """`[fingerprint/path]xpub` of a match of EXTENDED: h for hardened. Raises Malformed."""
    origin = ""
    if match["fingerprint"]:
        path = match["path"].replace("'", "h").replace("H", "h")
        origin = f"[{match['fingerprint'].lower()}{path}]"
    return origin + plain(match["key"])


def with_origin(fingerprint: str, path: str, key: str) -> str:
    """The same of parts, as files give them: `m/48'/0'/0'/2'` or without `m`. Raises Malformed."""
    way = path.strip().removeprefix("m").removeprefix("M").strip("/")
    text = f"[{fingerprint.strip()}{'/' if way else ''}{way}]{key.strip()}"
    match = EXTENDED.fullmatch(text)
    if not match:
        raise Malformed("A key of the file is no fingerprint, path and extended public key.")
    return expression(match)


def check_public(text: str) -> None:
    """Raises Malformed for a text with a private key in it, or that is one (WIF, BIP38)."""
    if _PRIVATE_KEY.search(text) or _SINGLE_PRIVATE_KEY.fullmatch(text):
        raise Malformed(PRIVATE)
