"""A payment that comes at a low fee is lifted in the app by a child of it, on real parts."""

from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host import backends
from host.app.connect import connect
from host.backends import Surroundings
from host.devnet.mempool import MempoolEntry
from host.devnet.network import Devnet
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.state import Stage
from tests.electrum import electrum
from tests.esplora import esplora
from tests.host.pilots import past
from tests.host.test_tui_session import app_on
from tests.nights import AT_NIGHT
from tests.people import Person
from tests.wallets import paired

RATE = 25


def waiting(devnet: Devnet) -> list[MempoolEntry]:
    return list(devnet.node(0).mempool)


@AT_NIGHT
@pytest.mark.parametrize("server", [electrum, esplora])
async def test_a_coming_payment_is_lifted_and_a_block_takes_both(
    server: object, emulator: EmulatorProcess, person: Person, devnet: Devnet, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, 80_000, mine=False)
    wallet.close()
    (parent,) = waiting(devnet)
    async with server(devnet) as url:  # type: ignore[operator]
        cable = Cable(lambda: connect("tcp:{}:{}".format(*emulator.address)))
        backend = backends.open_url(url, Surroundings("regtest", tmp_path / "cache"))
        session = LocalSession(WalletFolder(tmp_path / "wallet", "regtest"), cable, backend, "tcp")
        async with app_on(session, (120, 40)) as watcher:
            state = await watcher.sees(lambda state: state.wallet and state.wallet.history)
            assert state.wallet is not None
            assert (state.wallet.balance.pending_sats, state.wallet.balance.spendable_sats) == (
                80_000, 0,
            )  # fmt: skip
            await watcher.presses("h", "enter")
            assert "Paid to you by somebody else. It waits for a block" in await watcher.reads()
            await watcher.presses("v", "ctrl+u", *str(RATE))
            assert "Both together pay this rate." in await watcher.reads()
            await watcher.presses("enter")
            await watcher.sees(lambda state: state.payment is not None)
            assert f"both pay {RATE} sat/vB together" in await watcher.reads()
            reading = person.accept()
            await watcher.presses("enter")
            await watcher.sees(lambda state: past(state, Stage.SPREAD))
            await reading
            entries = {entry.transaction.txid: entry for entry in waiting(devnet)}
            assert len(entries) == 2
            child = next(
                entry for txid, entry in entries.items() if txid != parent.transaction.txid
            )
            # As a miner sums it up, who knows what the parent pays; the wallet counts that as none.
            together = (parent.fee_sats + child.fee_sats) / (parent.vsize + child.vsize)
            assert RATE <= together <= RATE + parent.fee_sats / (parent.vsize + child.vsize) + 0.5
            assert child.fee_sats / child.vsize >= RATE
            await devnet.mine(1)
            await watcher.sees(lambda state: past(state, Stage.CONFIRMED))
            await watcher.sees(lambda state: state.wallet.balance.pending_sats == 0)
            balance = watcher.state.wallet.balance  # type: ignore[union-attr]
            assert balance.confirmed_sats == 80_000 - child.fee_sats
    assert not waiting(devnet)
