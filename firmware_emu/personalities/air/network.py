"""Which network a PSBT is for. It does not say; the key paths in it say which coin."""

from typing import Final

from signer.chains.bitcoin.psbt import container, fields, maps
from signer.errors import Malformed, Refused
from signer.formats.cursor import Cursor

_MAINNET_COIN: Final = 0x80000000  # SLIP44: 0h is Bitcoin, 1h every test coin


def network_of(payload: bytes, test_network: str) -> str:
    """The word "mainnet" when any input's key path is one of mainnet's, else `test_network`.

    It decides only how addresses are written: which keys sign is decided by paths and scripts.
    A payload that cannot be read is left to the review, which says why.
    """
    try:
        inputs = container.parse(payload).inputs
        coins = {coin for one in inputs for coin in _coins(one)}
    except (Malformed, Refused):
        return test_network
    return "mainnet" if _MAINNET_COIN in coins else test_network


def _coins(one: maps.Map) -> list[int]:
    plain = [value for _key, value in one.records_of(fields.BIP32_DERIVATION)]
    taproot = [
        _without_leaves(value) for _key, value in one.records_of(fields.TAP_BIP32_DERIVATION)
    ]
    # 4 bytes of fingerprint, 4 of purpose, 4 of coin (BIP174, BIP44).
    return [int.from_bytes(value[8:12], "little") for value in plain + taproot if len(value) >= 12]


def _without_leaves(value: bytes) -> bytes:
    cursor = Cursor(value)
    cursor.take(32 * cursor.compact())
    return cursor.take(cursor.remaining)
