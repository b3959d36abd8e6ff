"""Silent payment addresses (BIP352, Address encoding): two public keys as bech32m text."""

from dataclasses import dataclass

from signer.errors import Malformed
from signer.formats import bech32
from signer.formats.bech32 import Checksum

_TEST = "tsp"
PREFIXES = {
    "mainnet": "sp",
    "testnet": _TEST,
    "testnet4": _TEST,
    "signet": _TEST,
    "regtest": "sprt",
}
KEYS_BYTES = 66
# Later versions may append data, and BIP352 suggests this limit. Over it, bech32 notices less.
MAX_LETTERS = 1023
_RESERVED_VERSION = 31  # for a change that old senders could not follow


@dataclass(frozen=True, slots=True)
class SilentAddress:
    """`scan_key` finds payments, `spend_key` spends them: compressed, 33 bytes each.

    Whether they are points of the curve is for who computes with them to find out.
    """

    scan_key: bytes
    spend_key: bytes

    def encode(self, network: str) -> str:
        """The address in its version 0 form, lower case, 116 to 118 letters."""
        groups = bech32.regroup(self.scan_key + self.spend_key, 8, 5, pad=True)
        return bech32.join(PREFIXES[network], [0, *groups], Checksum.BECH32M)


def read(keys: bytes) -> SilentAddress:
    """An address from its two keys, 66 bytes. Raises Malformed."""
    scan_key, spend_key = keys[:33], keys[33:]
    if len(keys) != KEYS_BYTES or not {scan_key[0], spend_key[0]} <= {2, 3}:
        raise Malformed("A silent payment address is two compressed public keys.")
    return SilentAddress(scan_key, spend_key)


def decode(text: str, network: str) -> SilentAddress:
    """The address a text says, of any version a sender of version 0 can pay. Raises Malformed."""
    prefix, values, checksum = bech32.split(text, MAX_LETTERS)
    if prefix != PREFIXES[network]:
        raise Malformed(f"The silent payment address does not start with {PREFIXES[network]}1.")
    if checksum is not Checksum.BECH32M or not values:
        raise Malformed("A silent payment address has a version and a bech32m checksum.")
    version, data = values[0], bytes(bech32.regroup(values[1:], 5, 8, pad=False))
    if version == _RESERVED_VERSION:
        raise Malformed("This version of silent payment addresses is not known yet.")
    # What a later version appends is for later senders; version 0 has nothing to append.
    return read(data[:KEYS_BYTES] if version else data)
