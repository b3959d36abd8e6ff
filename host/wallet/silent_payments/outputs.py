"""Outputs to silent addresses in a payment that is not signed: an address, no script (BIP375)."""

from collections.abc import Mapping
from dataclasses import replace

from host.psbt import SILENT_ADDRESS, UNSIGNED_TX, PsbtMaps
from host.transactions import Transaction
from signer.formats import silent_address
from signer.formats.silent_address import SilentAddress
from signer.hashes import tagged_hash

_P2TR = b"\x51\x20"


def placeholder(payee: SilentAddress, number: int) -> bytes:
    """A script as long as the one that will pay, while coins are chosen; `mark` takes it out.

    `number` tells outputs to one address apart. Nobody could spend what is paid to it.
    """
    keys = payee.scan_key + payee.spend_key
    return _P2TR + tagged_hash("Quietkey/silent", keys + number.to_bytes(4, "big"))


def mark(psbt: bytes, silent: Mapping[bytes, SilentAddress]) -> bytes:
    """The PSBT, of version 2 then, with addresses in the place of these scripts.

    `silent` are scripts in it, 34 bytes each. Without any it is the same PSBT.
    """
    if not silent:
        return psbt
    maps = PsbtMaps.parse(psbt)
    unsigned = Transaction.parse(maps.unsigned_tx)
    outputs, records = [], []
    for txout, output in zip(unsigned.outputs, maps.outputs, strict=True):
        payee = silent.get(txout.script_pubkey)
        if payee is None:
            outputs.append(txout)
            records.append(output)
        else:
            outputs.append(replace(txout, script_pubkey=b""))
            records.append({**output, SILENT_ADDRESS: payee.scan_key + payee.spend_key})
    raw_tx = replace(unsigned, outputs=tuple(outputs)).encode(witness=False)
    return PsbtMaps({**maps.top, UNSIGNED_TX: raw_tx}, maps.inputs, tuple(records)).encode()


def silent_outputs(maps: PsbtMaps) -> dict[int, SilentAddress]:
    """Which outputs of a payment go to silent addresses, by index. Raises Malformed."""
    return {
        index: silent_address.read(records[SILENT_ADDRESS])
        for index, records in enumerate(maps.outputs)
        if SILENT_ADDRESS in records
    }
