"""`python -m tests.scale.waits [--delay S]`: what the app does on keys, and how soon it says so.

A real device and an Electrum server of a devnet, each behind a door that waits before it answers.
For each action: when the screen first changed, when the border said what is waited for, and when
it was done, in seconds from the key. Bar: whatever takes longer than 300 ms says so by 500 ms.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textual.pilot import Pilot

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.app.connect import connect
from host.backends import Surroundings, open_url
from host.devnet.network import Devnet
from host.session.api import Opening, WalletSession
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.state import AppState, Stage, SweepProgress
from host.store import Search
from host.sweep import read_key, watch
from host.tui.app import QuietkeyApp
from host.tui.widgets.wallet import WalletPanel
from signer.formats import base58
from tests.delays import slowed
from tests.devnets import STRANGER, clock
from tests.electrum import electrum
from tests.gallery.app_shots import key_event
from tests.goldens import screen_text
from tests.people import agreeable
from tests.wallets import paired

WIF = base58.encode_check(b"\xef" + bytes(range(5, 37)) + b"\x01")
SAID_S, LONG_S = 0.5, 0.3
PATIENCE_S = 180
HAND_OVER_S = 0.5
LOOK_S = 0.02


@dataclass
class Wait:
    """Seconds from the key; None for what never came."""

    action: str
    changed: float | None = None
    said: float | None = None
    ended: float = 0.0
    sentences: dict[str, None] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return self.ended <= LONG_S or (self.said is not None and self.said <= SAID_S)

    @property
    def row(self) -> str:
        times = (self.changed, self.said, self.ended)
        figures = " ".join(f"{'-' if at is None else f'{at:.2f}':>8}" for at in times)
        return f"{self.action:34} {figures}  {'; '.join(self.sentences)}"


class Watch:
    """Presses keys of the app in real time, and looks at its screen meanwhile."""

    def __init__(self, app: QuietkeyApp, pilot: "Pilot[int]") -> None:
        self.app, self.pilot = app, pilot
        self.waits: list[Wait] = []

    async def types(self, *keys: str) -> None:
        await asyncio.sleep(HAND_OVER_S)
        for key in keys:
            self.app.post_message(key_event(key))
            await asyncio.sleep(0.05)

    async def times(self, action: str, key: str, done: Callable[[AppState], object]) -> None:
        """Press the key, and wait until it is done."""
        await asyncio.sleep(HAND_OVER_S)
        wait, seen = Wait(action), screen_text(self.app)
        began = time.monotonic()
        if key:
            self.app.post_message(key_event(key))
        while not done(self.app.state):
            await asyncio.sleep(LOOK_S)
            self._look(wait, seen, time.monotonic() - began)
            if time.monotonic() - began > PATIENCE_S:
                raise SystemExit(f"{action} never ended:\n{screen_text(self.app)}")
        wait.ended = time.monotonic() - began
        self._look(wait, seen, wait.ended)
        self.waits.append(wait)
        print(wait.row, flush=True)

    def _look(self, wait: Wait, seen: str, after: float) -> None:
        if wait.changed is None and screen_text(self.app) != seen:
            wait.changed = after
        if line := str(self.app.screen_stack[0].query_one(WalletPanel).border_subtitle or ""):
            wait.said = after if wait.said is None else wait.said
            wait.sentences[line.partition(" ·")[0]] = None


@asynccontextmanager
async def opened(root: Path, delay_s: float) -> AsyncIterator[Watch]:
    """The app on a wallet with two coins, its device and its server far away."""
    folder = root / "wallet"
    wallet = paired(folder)
    addresses = [wallet.next_address().address for _ in range(2)]
    wallet.close()
    async with Devnet(clock, 3, root / "net") as devnet, electrum(devnet) as url:
        scanned = watch(read_key(WIF, "regtest"), "regtest", Search())
        addresses += [script.address for wallet in scanned for script in wallet.scripts]
        for address in addresses:
            await devnet.fund(address, 500_000)
        with EmulatorProcess(root / "flash", sealed_record()) as device:
            device.unlock()
            server, port = int(url.rpartition(":")[2]), device.address[1]
            async with slowed(server, delay_s) as far, slowed(port, delay_s) as cable:
                backend = open_url(f"electrum:127.0.0.1:{far}", Surroundings("regtest", folder))
                session = LocalSession(
                    WalletFolder(folder, "regtest"),
                    Cable(lambda: connect(f"tcp:127.0.0.1:{cable}")), backend, "tcp",
                )  # fmt: skip

                async def start(_: Callable[[str], None]) -> WalletSession:
                    await session.plug()
                    return session

                app = QuietkeyApp(Opening("quietkey", "tcp", "Opening the wallet.", start))
                with agreeable(device):
                    async with app.run_test(size=(80, 24)) as pilot:
                        yield Watch(app, pilot)


async def measure(root: Path, delay_s: float) -> list[Wait]:
    async with opened(root, delay_s) as watch:
        await watch.times("open", "", lambda state: state.wallet and state.synced)
        await watch.times("receive", "r", lambda state: state.issued)
        await watch.times("verify an address", "v", lambda state: state.issued.verified)
        await watch.times("addresses", "e", lambda state: state.records.given)
        await watch.types(*STRANGER)
        await watch.times("find an address", "enter", lambda state: state.answer)
        await watch.types("escape")
        await watch.times("trends", "t", lambda state: state.overview)
        await watch.types("escape", "c")
        await watch.times("freeze a coin", "z", _frozen(1))
        await watch.times("and not again", "z", _frozen(0))
        await watch.types("l", *"rent")
        await watch.times("label a coin", "enter", lambda state: state.records.labels)
        await watch.times("pull the cable", "u", lambda state: not state.plugged)
        await watch.times("plug it in", "u", lambda state: state.plugged)
        await _pays(watch)
    return watch.waits


async def _pays(watch: Watch) -> None:
    await watch.types("p")
    await asyncio.sleep(HAND_OVER_S)
    watch.app.focused.value = STRANGER  # type: ignore[union-attr]
    await watch.types("tab", *"20000", "tab")
    watch.app.focused.value = "6 blocks"  # type: ignore[union-attr]
    await watch.times("write a payment, 6 blocks", "enter", lambda state: state.payment)
    spread = _at(Stage.SPREAD)
    await watch.times("sign and send", "enter", spread)
    for key in ("escape", "h", "enter", "plus"):
        await watch.types(key)
    await watch.times("raise its fee", "enter", _replaces)
    await watch.times("sign and send that", "enter", spread)
    for key in ("escape", "s"):
        await watch.types(key)
    await asyncio.sleep(HAND_OVER_S)
    watch.app.focused.value = WIF  # type: ignore[union-attr]
    await watch.times("what a private key has", "enter", lambda state: _sweep(state).plan)
    await watch.times("sweep it", "enter", lambda state: _sweep(state).sent)


def _sweep(state: AppState) -> SweepProgress:
    return state.sweep or SweepProgress(None)


def _replaces(state: AppState) -> bool:
    return state.payment is not None and bool(state.payment.draft.replaces)


def _at(stage: Stage) -> Callable[[AppState], object]:
    return lambda state: state.payment is not None and state.payment.stage is stage


def _frozen(count: int) -> Callable[[AppState], bool]:
    return lambda state: sum(coin.frozen for coin in state.wallet.utxos) == count


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scale.waits", description=__doc__)
    parser.add_argument("--delay", type=float, default=2.0, help="seconds before each answer")
    options = parser.parse_args()
    print(f"{'action':34} {'changed':>8} {'said':>8} {'done':>8}")
    with tempfile.TemporaryDirectory(prefix="quietkey-waits-") as folder:
        waits = asyncio.run(measure(Path(folder), options.delay))
    return 0 if all(wait.is_good for wait in waits) else 1


if __name__ == "__main__":
    sys.exit(main())
