"""Scripts that pay silent addresses (BIP352), from public data: every published case of sending."""

import coincurve
import pytest

from host.transactions import TxOut
from host.wallet.silent_payments import proofs, scripts
from signer.formats.silent_address import SilentAddress
from signer.hashes import hash160
from tests.signer.silents import bip352

KEY = coincurve.PrivateKey(b"\x01" * 32).public_key.format()


def test_published_payments() -> None:
    paying = [case for case in bip352() if case["sending"][0]["expected"]["input_pub_keys"]]
    assert len(paying) > 20
    for sending in (sending for case in paying for sending in case["sending"]):
        expected = sending["expected"]
        payees = [
            SilentAddress(bytes.fromhex(one["scan_pub_key"]), bytes.fromhex(one["spend_pub_key"]))
            for one in sending["given"]["recipients"]
            for _ in range(one.get("count", 1))
        ]
        keys = tuple(map(bytes.fromhex, expected["input_pub_keys"]))
        try:
            total = proofs.total(keys)
        except ValueError:
            assert expected["outputs"] == [[]], "the keys cancel each other out"
            continue
        if len(payees) > 2000 or expected["outputs"] == [[]]:
            continue  # more than one payment has here
        outpoints = [
            bytes.fromhex(one["txid"])[::-1] + one["vout"].to_bytes(4, "little")
            for one in sending["given"]["vin"]
        ]
        secret = bytes.fromhex(expected["input_private_key_sum"])
        shares = {
            payee.scan_key: coincurve.PublicKey(payee.scan_key).multiply(secret).format()
            for payee in payees
        }
        salt = scripts.input_hash(outpoints, total)
        paid = scripts.output_scripts(dict(enumerate(payees)), shares, salt).values()
        assert {script[2:].hex() for script in paid} in map(set, expected["outputs"])


@pytest.mark.parametrize(
    "script",
    [
        b"\x76\xa9\x14" + hash160(KEY) + b"\x88\xac",
        b"\x00\x14" + hash160(KEY),
        b"\xa9\x14" + hash160(b"\x00\x14" + hash160(KEY)) + b"\x87",
    ],
)
def test_a_coin_counts_with_the_key_that_its_script_commits_to(script: bytes) -> None:
    other = coincurve.PrivateKey(b"\x02" * 32).public_key.format()
    records = {b"\x06" + other: b"", b"\x06" + KEY: b""}
    assert scripts.input_key(TxOut(1, script), records) == KEY
    assert scripts.input_key(TxOut(1, script), {b"\x06" + other: b""}) == b""


def test_a_taproot_coin_counts_with_its_output_key() -> None:
    assert scripts.input_key(TxOut(1, b"\x51\x20" + KEY[1:]), {}) == b"\x02" + KEY[1:]
