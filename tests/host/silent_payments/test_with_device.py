"""A payment to a silent address by a real device: from the command line to a block, and by QR."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.__main__ import main
from host.app import spend
from host.devnet.network import Devnet
from host.errors import DeviceError
from host.transactions import Transaction
from host.values import PaymentRequest
from tests.desk import unlocked_desk
from tests.host.test_air import Gap
from tests.lens import Lens
from tests.people import Person
from tests.signer.silents import BOB, SCAN, receiver_outputs
from tests.wallets import fund, paired

SP = BOB.encode("regtest")
COINS_SATS = 5_000_000

Typed = Callable[..., Awaitable[tuple[int, list[dict[str, Any]], str]]]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a task of the wallet; status, what a program reads, what a person reads."""

    async def types(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        line = ["wallet", *words, "--json", "--home", str(tmp_path / "home")]
        status = await asyncio.to_thread(main, line)
        out, talk = capsys.readouterr()
        return status, [json.loads(row) for row in out.splitlines()], talk

    return types


def paid_to_bob(raw_tx: bytes) -> dict[int, int]:
    """What Bob's wallet finds, which knows the transaction and his scan key: sats by number."""
    transaction = Transaction.parse(raw_tx)
    keys = [txin.witness[-1] for txin in transaction.inputs]
    outpoints = [txin.outpoint.encode() for txin in transaction.inputs]
    outputs = receiver_outputs(bytes(SCAN), BOB.spend_key, outpoints, keys, 3)
    return {
        number: txout.sats
        for number, key in enumerate(outputs)
        for txout in transaction.outputs
        if txout.script_pubkey == b"\x51\x20" + key
    }


async def test_a_payment_cut_short_is_continued_and_found_by_its_payee(
    emulator: EmulatorProcess, flash: Path, devnet: Devnet, typed: Typed
) -> None:
    network = [word for peer in devnet.peers for word in ("--peer", peer)]
    await typed("pair", "--device", "tcp:{}:{}".format(*emulator.address))
    _, (received,), _ = await typed("receive")
    await devnet.fund(received["address"], COINS_SATS)
    to = ("--to", f"{SP.upper()}=25k", "--to", f"{SP}=1k")
    killed = Person(emulator).pull_the_plug()
    status, _, talk = await typed(
        "pay", *to, "--device", "tcp:{}:{}".format(*emulator.address), *network
    )
    await killed
    assert status
    assert "is a silent payment address (BIP352)" in talk
    assert "must show the same silent payment address" in talk
    with EmulatorProcess(flash) as again:
        again.unlock()
        person = Person(again)
        reading = person.accept()
        device = ("--device", "tcp:{}:{}".format(*again.address))
        status, (sent,), talk = await typed("pay", "--continue", *device, *network)
        await reading
    assert status == 0, talk
    shown = "".join("".join(person.read).split())
    assert shown.count(SP[:40]) == 2, "the device shows the address itself, for each"
    waiting = devnet.node(0).mempool.get(bytes.fromhex(sent["txid"])[::-1])
    assert waiting is not None
    raw_tx = waiting.encode()
    await devnet.mine()
    await typed("sync", *network)
    assert paid_to_bob(raw_tx) in ({0: 25_000, 1: 1_000}, {0: 1_000, 1: 25_000})
    _, rows, _ = await typed("history", *network)
    assert (rows[0]["recipient"], rows[0]["sats"]) == (SP, 26_000)
    assert rows[0]["status"] == "confirmed"


async def test_a_higher_fee_still_pays_the_payee(
    emulator: EmulatorProcess, person: Person, devnet: Devnet, typed: Typed
) -> None:
    """Another transaction has other coins or another fee, and the device computes its output."""
    device = ("--device", "tcp:{}:{}".format(*emulator.address))
    network = [word for peer in devnet.peers for word in ("--peer", peer)]
    await typed("pair", *device)
    _, (received,), _ = await typed("receive")
    await devnet.fund(received["address"], COINS_SATS)
    txids = []
    for words in (("pay", SP, "25k"), ("bump", "", "--rate", "40")):
        reading = person.accept()
        line = [txids[0] if word == "" else word for word in words]
        status, (sent,), talk = await typed(*line, *device, *network)
        await reading
        assert status == 0, talk
        txids.append(sent["txid"])
    raw_tx = devnet.node(0).mempool.get(bytes.fromhex(txids[1])[::-1])
    assert raw_tx is not None
    assert devnet.node(0).mempool.get(bytes.fromhex(txids[0])[::-1]) is None
    assert paid_to_bob(raw_tx.encode()) == {0: 25_000}
    await devnet.mine()
    await typed("sync", *network)
    _, rows, _ = await typed("history", *network)
    assert {row["txid"]: row["status"] for row in rows if row["recipient"] == SP} == {
        txids[0]: "replaced",
        txids[1]: "confirmed",
    }


async def test_a_payment_crosses_the_air_gap(tmp_path: Path) -> None:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    draft = wallet.draft_request(PaymentRequest.to(SP, 25_000))
    gap = Gap(unlocked_desk(network="regtest"), Lens.clear(), Lens.clear())
    payment = await asyncio.wait_for(spend.sign(wallet, gap.air, draft), 60)
    assert paid_to_bob(payment.raw_tx) == {0: 25_000}
    assert SP[:30] in "".join("".join(gap.read).split())
    wallet.close()


class Ignorant:
    """A device that has never heard of silent payments, and reads version 0 alone."""

    interactive = False

    async def unlock(self, _: str) -> None:
        """It is unlocked."""

    async def sign(self, _: str, psbt: bytes) -> bytes:
        assert psbt[5:8] != b"\x01\x00", "no transaction that it could sign"
        raise DeviceError("The device refused: Invalid PSBT. Nothing was paid.")


async def test_a_device_that_knows_none_is_named_as_the_cause(tmp_path: Path) -> None:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    draft = wallet.draft_request(PaymentRequest.to(SP, 25_000))
    with pytest.raises(DeviceError, match=r"Nothing was paid\. Few devices .* ordinary address"):
        await spend.sign(wallet, Ignorant(), draft)  # type: ignore[arg-type]
    assert wallet.store.draft() is None
    wallet.close()
