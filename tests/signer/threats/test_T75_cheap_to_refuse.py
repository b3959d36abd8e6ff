"""A small request must not cost much, and a large one only what its size explains."""

import tracemalloc
from time import process_time

import pytest

from signer.chains.bitcoin import psbt, tx
from signer.chains.bitcoin.network import MAX_PSBT_BYTES, MAX_RECORDS
from signer.errors import Malformed, Reason, Refused
from tests import psbts
from tests.psbts import blob, build, draft, keyring, refusal

MAGIC = b"psbt\xff"
CLOSED = (Malformed, Refused)

HOSTILE = {
    "a million inputs in 40 bytes": b"\x02\0\0\0" + b"\xfe\x40\x42\x0f\x00" + bytes(30),
    "a million outputs in 40 bytes": b"\x02\0\0\0\x00" + b"\xfe\x40\x42\x0f\x00" + bytes(30),
    "33 million inputs": b"\x02\0\0\0" + b"\xfe\x00\x00\x00\x02" + bytes(30),
    "18 quintillion inputs": b"\x02\0\0\0" + b"\xff" + b"\xff" * 8 + bytes(30),
}


@pytest.mark.parametrize("tx", HOSTILE.values(), ids=list(HOSTILE))
def test_a_small_request_cannot_make_us_spend_memory_or_time(tx: bytes) -> None:
    data = MAGIC + b"\x01\x00" + blob(tx) + b"\x00"
    tracemalloc.start()
    began = process_time()
    with pytest.raises(CLOSED):
        psbt.parse(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
    assert process_time() - began < 1


def test_memory_stays_in_proportion_to_the_request() -> None:
    keys = keyring()
    data = build(keys, 300)
    psbt.parse(data)
    tracemalloc.start()
    kept = psbt.parse(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept.inputs) == 300
    assert peak < 8 * len(data)


def test_an_oversized_request_is_refused_before_it_is_read() -> None:
    assert refusal(bytes(MAX_PSBT_BYTES + 1), keyring()) is Reason.TOO_LARGE


@pytest.mark.parametrize("place", ["head", "in", "out"])
def test_a_flood_of_tiny_records_is_refused(place: str) -> None:
    """In memory a record is thirty times what it is on the wire."""
    made = draft(keyring())
    flood = [(b"\xf0" + number.to_bytes(3, "big"), b"") for number in range(MAX_RECORDS + 1)]
    {"head": made.head, "in": made.ins[0], "out": made.outs[0]}[place].records += flood
    assert refusal(made, keyring()) is Reason.TOO_LARGE


def test_a_flood_over_many_maps_is_refused() -> None:
    made = draft(keyring(), outputs=((300, psbts.PAYEE),) * 20, coin_sats=10**6)
    flood = [(b"\xf0" + number.to_bytes(3, "big"), b"") for number in range(MAX_RECORDS // 20)]
    for one in made.outs:
        one.records += flood
    assert refusal(made, keyring()) is Reason.TOO_LARGE


def test_the_same_previous_transaction_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wallets repeat a large previous transaction for each coin of it: no squares here."""
    keys = keyring()
    count = 50
    ours = [psbts.output(10_000, psbts.lock(keys, psbts.path("wpkh", 0, i))) for i in range(count)]
    whole = psbts.previous_tx(ours)
    made = draft(keys, outputs=((400_000, psbts.PAYEE),), coin_sats=1_000_000)
    for index in range(count):
        one = psbts.In(outpoint=psbts.outpoint(psbts.txid(whole), index))
        one.put(0x00, whole)
        one.records.append(psbts.hint(keys, psbts.path("wpkh", 0, index)))
        made.ins.append(one)
    made.outs[1].sats += count * 10_000
    read: list[bytes] = []
    right = tx.parse_previous

    def noted(data: bytes) -> tx.Previous:
        read.append(data)
        return right(data)

    monkeypatch.setattr(tx, "parse_previous", noted)
    psbts.review(made.encode(), keys)
    assert len(read) == 2


def test_hints_without_end_are_not_followed() -> None:
    """Each derivation costs a point multiplication; thousands of hints on one coin cost none."""
    keys = keyring()
    made = draft(keys)
    for number in range(20_000):
        key = b"\x02" + number.to_bytes(32, "big")
        made.ins[0].records.append(
            (b"\x06" + key, psbts.origin(keys, psbts.path("wpkh", 0, number)))
        )
        made.outs[0].records.append(
            (b"\x02" + key, psbts.origin(keys, psbts.path("wpkh", 1, number)))
        )
    began = process_time()
    assert refusal(made, keys) is Reason.KEY_MISMATCH
    assert process_time() - began < 5
