"""Which script pays a silent address, from coins, their public keys and shares (BIP352)."""

from collections import Counter
from collections.abc import Mapping, Sequence

import coincurve

from host.psbt import BIP32_DERIVATION, Map
from host.transactions import TxOut
from signer.formats.silent_address import SilentAddress
from signer.hashes import hash160, tagged_hash

_P2TR = b"\x51\x20"
_EVEN = b"\x02"


def input_key(coin: TxOut, records: Map) -> bytes:
    """The public key (33 bytes) that a coin of one key counts with; b"" when it shows none.

    `records` are those of this wallet's own PSBT (BIP352, Inputs For Shared Secret Derivation).
    """
    if coin.script_pubkey[:2] == _P2TR:
        return _EVEN + coin.script_pubkey[2:]
    keys = (name[1:] for name in records if name[:1] == BIP32_DERIVATION and len(name) == 34)
    return next((key for key in keys if coin.script_pubkey in _scripts_of(key)), b"")


def _scripts_of(key: bytes) -> tuple[bytes, bytes, bytes]:
    """P2PKH, P2WPKH (BIP141), and that in P2SH (BIP16)."""
    key_hash = hash160(key)
    witness = b"\x00\x14" + key_hash
    nested = b"\xa9\x14" + hash160(witness) + b"\x87"
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac", witness, nested


def input_hash(outpoints: Sequence[bytes], public_key: bytes) -> bytes:
    """`outpoints` are all that are spent, 36 bytes each; `public_key` is the sum of the keys."""
    return tagged_hash("BIP0352/Inputs", min(outpoints), public_key)


def output_scripts(
    payees: Mapping[int, SilentAddress], shares: Mapping[bytes, bytes], salt: bytes
) -> dict[int, bytes]:
    """The script of each output, by index (BIP352, Creating outputs).

    `shares` are the points that all coins share with each scan key, `salt` the input hash. Outputs
    with one scan key are numbered in their order. Raises ValueError for keys that are no points.
    """
    numbers: Counter[bytes] = Counter()
    scripts = {}
    for index, payee in sorted(payees.items()):
        secret = coincurve.PublicKey(shares[payee.scan_key]).multiply(salt).format()
        number = numbers[payee.scan_key].to_bytes(4, "big")
        tweak = tagged_hash("BIP0352/SharedSecret", secret + number)
        scripts[index] = _P2TR + coincurve.PublicKey(payee.spend_key).add(tweak).format()[1:]
        numbers[payee.scan_key] += 1
    return scripts
