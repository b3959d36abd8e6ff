"""A wallet killed at random moments of what it does: `python -m tests.wallet_kills --kills 200`.

The command line in processes of its own, a real device and a real network. At the end nothing is
lost, no payment was paid twice, and no address was given twice.
"""

import argparse
import asyncio
import json
import re
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 - the moments, from the number of the run

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.p2p.blocks import Block
from tests.devnets import STRANGER, clock
from tests.host.test_endings import pays
from tests.people import agreeable
from tests.wallets import issued, opened, paired, peers

ROOT = Path(__file__).resolve().parents[1]
COIN, PAID = 5_000_000, 20_000  # sats
LATEST_S = 6.0
MORE_PAYMENTS = 4  # rounds of --continue at the end
ADDRESS = re.compile(r"bcrt1[a-z0-9]+")


@dataclass
class Wallets:
    """The wallet that is killed. `told` are the addresses it printed."""

    home: Path
    device: list[str]
    network: list[str]
    chance: Random
    told: list[str] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    number: int = 0

    async def killed(self) -> None:
        """Do something, and be killed somewhere on the way, or shortly before its end."""
        name = self.chance.choice(("sync", "receive", "pay", "pay", "pay", "continue"))
        program = await self.start(*self._words(name))
        ending = asyncio.create_task(program.communicate())
        await asyncio.wait({ending}, timeout=self.chance.uniform(0.3, LATEST_S))
        if not ending.done():
            with suppress(ProcessLookupError):  # it ended this moment
                program.send_signal(signal.SIGKILL)
        out, talk = (text.decode() for text in await ending)
        self.kills[name] += program.returncode == -signal.SIGKILL
        assert "Traceback" not in talk, talk
        self.told += ADDRESS.findall(out) if name == "receive" else []

    def _words(self, name: str) -> list[str]:
        match name:
            case "receive":
                return ["receive", "--new"]
            case "pay":
                self.number += 1
                return ["pay", STRANGER, str(PAID + self.number), *self.device, *self.network]
            case "continue":
                return ["pay", "--continue", *self.device, *self.network]
            case verb:
                return [verb, *self.network]

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "host", "wallet", *words, "--home", str(self.home), "--json",
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip


async def run(scratch: Path, kills: int, number: int) -> int:
    """Returns 1 when something was lost, paid twice or given twice."""
    emulator = EmulatorProcess(scratch / "device.flash", sealed_record())
    async with Devnet(clock, 3, scratch / "net") as devnet:
        with emulator as device:
            device.unlock()
            network = [part for each in devnet.peers for part in ("--peer", each)]
            where = ["--device", "tcp:{}:{}".format(*device.address)]
            wallet = Wallets(scratch / "home", where, network, Random(number))
            first = paired(_folder(wallet))
            for _ in range(3):
                await devnet.fund(first.next_address().address, COIN)
            first.close()
            with agreeable(device):
                while wallet.kills.total() < kills:
                    await wallet.killed()
                    if wallet.chance.random() < 0.3:
                        await devnet.mine()
                for words in [wallet._words("continue")] * MORE_PAYMENTS:
                    await (await wallet.start(*words)).communicate()
            await devnet.mine(2)
            return await _judged(scratch, devnet, wallet)


def _folder(wallet: Wallets) -> Path:
    return wallet.home / "regtest" / "wpkh"


async def _judged(scratch: Path, devnet: Devnet, wallet: Wallets) -> int:
    balances = []
    for name, found in (("kept", opened(_folder(wallet))), ("fresh", paired(scratch / "fresh"))):
        backend = P2pBackend(peers(devnet), "regtest", scratch / name)
        await backend.sync(found)
        await backend.close()
        balances.append(found.balance())
        found.close()
    chain = devnet.node(0).chain
    raws = (chain.raw(chain.hash_at(height)) for height in range(1, chain.height + 1))
    blocks = (Block.parse(raw) for raw in raws if raw is not None)
    amounts = Counter(
        paid
        for block in blocks
        for transaction in block.transactions
        if PAID < (paid := pays(transaction.encode())) <= PAID + wallet.number
    )
    twice = sum(count - 1 for count in amounts.values())
    given = len(wallet.told) - len(set(wallet.told))
    ledger = [number for number, _, _ in issued(_folder(wallet) / "quietkey.sqlite")]
    given += len(ledger) - len(set(ledger))
    lost = abs(balances[0].confirmed_sats - balances[1].confirmed_sats) + balances[0].pending_sats
    line = {
        "kills": dict(wallet.kills),
        "payments wanted": wallet.number,
        "in blocks": amounts.total(),
        "sats lost": lost,
        "paid twice": twice,
        "addresses given twice": given,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    return bool(lost or twice or given)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.wallet_kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--number", type=int, default=0, help="of the run: other moments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quietkey-") as folder:
        return asyncio.run(run(Path(folder), options.kills, options.number))


if __name__ == "__main__":
    raise SystemExit(main())
