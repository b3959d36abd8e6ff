"""A small request must not cost much, and a large one only what its size explains."""

import gc
import tracemalloc
from collections.abc import Callable
from time import process_time

import pytest

from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import tx
from signer.errors import CommonReason, Malformed, Refused
from signer.formats.cursor import compact_size
from tests import psbts
from tests.nights import cases
from tests.psbts import blob, build, draft, keyring, refusal

MAGIC = b"psbt\xff"
CLOSED = (Malformed, Refused)

HOSTILE = {
    "a million inputs in 40 bytes": b"\x02\0\0\0" + b"\xfe\x40\x42\x0f\x00" + bytes(30),
    "a million outputs in 40 bytes": b"\x02\0\0\0\x00" + b"\xfe\x40\x42\x0f\x00" + bytes(30),
    "33 million inputs": b"\x02\0\0\0" + b"\xfe\x00\x00\x00\x02" + bytes(30),
    "18 quintillion inputs": b"\x02\0\0\0" + b"\xff" + b"\xff" * 8 + bytes(30),
}


def version_2(inputs: bytes, outputs: bytes, maps: bytes) -> bytes:
    records = ((2, b"\x02\0\0\0"), (4, inputs), (5, outputs), (0xFB, b"\x02\0\0\0"))
    head = b"".join(b"\x01" + bytes((kind,)) + blob(value) for kind, value in records)
    return MAGIC + head + b"\x00" + maps


MILLIONS = (b"\xfe\x40\x42\x0f\x00", b"\xfe\x00\x00\x00\x02", b"\xff" * 9)
PROMISES = {name: MAGIC + b"\x01\x00" + blob(tx) + b"\x00" for name, tx in HOSTILE.items()}
PROMISES |= {f"version 2, input count {n.hex()}": version_2(n, b"\x01", b"") for n in MILLIONS}
PROMISES |= {f"version 2, output count {n.hex()}": version_2(b"\x01", n, b"") for n in MILLIONS}
# Maps without a field take one byte each; in version 2 each must hold more.
PROMISES["version 2, empty maps"] = version_2(b"\xfd\x10\x27", b"\x00", bytes(10_000))


@pytest.mark.parametrize("data", PROMISES.values(), ids=list(PROMISES))
def test_a_small_request_cannot_make_us_spend_memory_or_time(data: bytes) -> None:
    tracemalloc.start()
    began = process_time()
    with pytest.raises(CLOSED):
        container.parse(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
    assert process_time() - began < 1


def flood(count: int, value: bytes = b"") -> bytes:
    records = (b"\x04\xf0" + number.to_bytes(3, "big") + blob(value) for number in range(count))
    return b"".join(records) + b"\x00"


def bare(inputs: int, outputs: int, script: bytes = b"", maps: bytes = b"") -> bytes:
    """Of version 0: nothing but its transaction, and `maps` where they are not empty ones."""
    sequence = b"\x00" + bytes(4)
    ins = b"".join(number.to_bytes(36, "big") + sequence for number in range(inputs))
    outs = b"".join(psbts.output(10**9 + number, script) for number in range(outputs))
    tx = b"\x02\0\0\0" + compact_size(inputs) + ins + compact_size(outputs) + outs + bytes(4)
    return MAGIC + b"\x01\x00" + blob(tx) + b"\x00" + (maps or bytes(inputs + outputs))


def bare_2(inputs: int, outputs: int, script: bytes = b"") -> bytes:
    """Of version 2: what every map must hold and no more."""
    ins = (
        b"\x01\x0e\x20" + n.to_bytes(32, "big") + b"\x01\x0f\x04" + bytes(5) for n in range(inputs)
    )
    outs = (
        b"\x01\x03\x08" + (10**9 + n).to_bytes(8, "little") + b"\x01\x04" + blob(script) + b"\x00"
        for n in range(outputs)
    )
    counts = compact_size(inputs), compact_size(outputs)
    return version_2(*counts, b"".join((*ins, *outs)))


def crowd(outputs: int, script: bytes) -> bytes:
    """A previous transaction of many small outputs."""
    return psbts.previous_tx([psbts.output(7, script)] * outputs)


REQUESTS: dict[str, Callable[[], bytes]] = {
    "an ordinary payment": lambda: build(keyring(), 300),
    "a small flood": lambda: bare(1, 1, maps=flood(2_000) + b"\x00"),
    "a flood": lambda: bare(1, 1, maps=flood(100_000) + b"\x00"),
    "a flood with values": lambda: bare(1, 1, maps=flood(100_000, bytes(10)) + b"\x00"),
    "a flood of real size": lambda: bare(1, 1, maps=flood(50_000, bytes(20)) + b"\x00"),
    "a flood of small maps": lambda: bare(1, 10_000, maps=b"\x00" + b"\x01\xf0\x00\x00" * 10_000),
    "many inputs": lambda: bare(10_000, 1),
    "many outputs without scripts": lambda: bare(1, 10_000),
    "many outputs of two bytes": lambda: bare(1, 10_000, b"\x51\x51"),
    "many outputs": lambda: bare(1, 10_000, psbts.PAYEE),
    "version 2, many inputs": lambda: bare_2(10_000, 1),
    "version 2, outputs of a large payment": lambda: bare_2(1, 3_000, psbts.PAYEE),
    "version 2, many outputs": lambda: bare_2(1, 10_000, psbts.PAYEE),
    "version 2, many outputs without scripts": lambda: bare_2(1, 10_000),
}
TRANSACTIONS: dict[str, Callable[[], bytes]] = {
    "outputs without scripts": lambda: crowd(100_000, b""),
    "outputs of three bytes": lambda: crowd(100_000, b"\x51" * 3),
    "outputs of real size": lambda: crowd(30_000, psbts.PAYEE),
    "witness items of nothing": lambda: (
        b"\x02\0\0\0\0\x01\x01" + bytes(41) + b"\x00" + compact_size(200_000) + bytes(200_004)
    ),
}
# By day an honest payment, and of each kind of flood the worst: with values, without, of maps.
BY_DAY = {
    "an ordinary payment",
    "a flood with values",
    "many inputs",
    "version 2, outputs of a large payment",
    "outputs without scripts",
    "witness items of nothing",
}
SMALL = 256 << 10  # bytes; a smaller request may cost as much as one of this size


@pytest.mark.parametrize("name", cases(REQUESTS, BY_DAY))
def test_memory_and_time_of_a_request_stay_in_proportion_to_its_size(
    name: str,
) -> None:
    check_cost(container.parse, REQUESTS[name]())


@pytest.mark.parametrize("name", cases(TRANSACTIONS, BY_DAY))
def test_a_previous_transaction_takes_less_memory_than_its_bytes(
    name: str,
) -> None:
    """Of a hundred thousand outputs one is spent: as values they would take ten times the bytes."""
    data = TRANSACTIONS[name]()
    assert check_cost(tx.parse_previous, data) < len(data)


def check_cost(read: Callable[[bytes], object], data: bytes) -> int:
    """The peak of memory, at most 8 times the bytes. The time, on a machine that does other work.

    Alone it takes 50 us per KB at most; eight times that would still be linear.
    """
    size = max(len(data), SMALL)
    assert min(cpu_seconds(read, data) for _ in range(3)) < 8 * 50e-6 * size / 1024
    tracemalloc.start()
    kept = attempt(read, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    assert peak < 8 * size
    return peak


def cpu_seconds(read: Callable[[bytes], object], data: bytes) -> float:
    """One reading, without the garbage of all the tests before it being looked through."""
    gc.collect()
    gc.disable()
    try:
        began = process_time()
        attempt(read, data)
        return process_time() - began
    finally:
        gc.enable()


def attempt(read: Callable[[bytes], object], data: bytes) -> object:
    try:
        return read(data)
    except Refused as refused:
        return refused


def test_payments_as_large_as_the_network_takes_are_read() -> None:
    """A standard transaction holds some 3,200 outputs, or 1,500 inputs: no budget may hit them."""
    for data in (bare(1, 3_200, psbts.PAYEE), bare_2(1, 3_200, psbts.PAYEE), bare_2(1_700, 2)):
        assert container.parse(data).encode() == data


def test_an_oversized_request_is_refused_before_it_is_read() -> None:
    assert refusal(bytes((8 << 20) + 1), keyring()) is CommonReason.TOO_LARGE
    with pytest.raises(Malformed):
        container.parse(bytes(8 << 20))


def test_a_request_has_no_more_records_than_its_size_explains() -> None:
    """8 000, and one for each 24 bytes; each of the two maps behind the first takes two of them."""

    def made(count: int) -> bytes:
        return bare(1, 1, maps=flood(count) + b"\x00")

    most = max(n for n in range(9_000, 12_000) if n + 4 <= 8_000 + (len(made(0)) + 6 * n) // 24)
    assert len(container.parse(made(most)).inputs[0].records) == most
    with pytest.raises(Refused) as refused:
        container.parse(made(most + 1))
    assert refused.value.reason is CommonReason.TOO_LARGE


def test_no_request_has_more_than_200_000_records() -> None:
    """However large: as before, each of the two maps behind the first takes two of them."""
    most = 200_000 - 4
    container.parse(bare(1, 1, maps=flood(most, bytes(20)) + b"\x00"))
    with pytest.raises(Refused) as refused:
        container.parse(bare(1, 1, maps=flood(most + 1, bytes(20)) + b"\x00"))
    assert refused.value.reason is CommonReason.TOO_LARGE


@pytest.mark.parametrize("place", ["head", "in", "out"])
def test_a_flood_of_tiny_records_is_refused(place: str) -> None:
    """In memory a record is thirty times what it is on the wire."""
    made = draft(keyring())
    flood = [(b"\xf0" + number.to_bytes(3, "big"), b"") for number in range(200_001)]
    {"head": made.head, "in": made.ins[0], "out": made.outs[0]}[place].records += flood
    assert refusal(made, keyring()) is CommonReason.TOO_LARGE


def test_a_flood_over_many_maps_is_refused() -> None:
    made = draft(keyring(), outputs=((300, psbts.PAYEE),) * 20, coin_sats=10**6)
    flood = [(b"\xf0" + number.to_bytes(3, "big"), b"") for number in range(10_000)]
    for one in made.outs:
        one.records += flood
    assert refusal(made, keyring()) is CommonReason.TOO_LARGE


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

    def noted(data: bytes) -> tx.PreviousTx:
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
    assert refusal(made, keys) is BitcoinReason.KEY_MISMATCH
    assert process_time() - began < 5
