"""A private key as paper wallets and old programs write it (WIF: base58 with a checksum)."""

import re

from host.errors import BadInput
from signer.errors import Malformed
from signer.formats import base58

LONGEST = 200  # characters, of which 52 are used at most
_MAIN, _TEST = b"\x80", b"\xef"
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141  # SEC 2
_COMPRESSED = b"\x01"
_UNDER_PASSWORD = re.compile("6P[1-9A-HJ-NP-Za-km-z]{56}")
_NOTHING = "Nothing was looked up, and nothing was sent."


class PrivateKey:
    """Its public key is written in 33 bytes if it is `compressed`, which segwit needs (BIP143)."""

    __slots__ = ("_wif", "compressed")

    def __init__(self, wif: str, compressed: bool) -> None:
        """Use `read_key`."""
        self._wif = wif
        self.compressed = compressed

    def __repr__(self) -> str:
        return "PrivateKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("A private key is not written down.")

    def expression(self, kind: str) -> str:
        """A descriptor with the key in it (BIP380): to be handed to BDK and nobody else."""
        return kind.format(self._wif)


def read_key(text: str, network: str) -> PrivateKey:
    """The key that was typed, pasted or scanned. Raises BadInput, which never repeats it."""
    compact = "".join(text[: LONGEST + 1].split())
    if not compact or len(text) > LONGEST:
        raise BadInput(f"There is no private key in that (WIF, 51 or 52 characters). {_NOTHING}")
    if _UNDER_PASSWORD.fullmatch(compact):
        raise BadInput(
            f"This key is under a password (BIP38), which is not opened here. {_NOTHING} Open it"
            " with a program that can, offline, and sweep the key itself."
        )
    try:
        data = base58.decode_check(compact)
    except Malformed:
        raise BadInput(
            f"This is no private key (WIF), or a letter of it is wrong or missing. {_NOTHING}"
            " Compare it letter by letter."
        ) from None
    is_compressed = len(data) == 34 and data[33:] == _COMPRESSED
    if data[:1] not in {_MAIN, _TEST} or not (is_compressed or len(data) == 33):
        raise BadInput(f"This is no private key (WIF), but something else. {_NOTHING}")
    if (data[:1] == _MAIN) != (network == "mainnet"):
        kind = "for real bitcoin" if data[:1] == _MAIN else "for a test network"
        raise BadInput(f"This key is {kind}, and the wallet is of {network}. {_NOTHING}")
    if not 0 < int.from_bytes(data[1:33]) < _ORDER:
        raise BadInput(f"There is no such key: its number is out of range. {_NOTHING}")
    return PrivateKey(compact, is_compressed)
