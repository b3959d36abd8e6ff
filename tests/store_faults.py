"""What goes wrong with the wallet's files, against each verb: `python -m tests.store_faults`.

Each pair is a program of its own, with a real device and a real network behind it. What it says
must have the true reason, and no traceback. Needs root on Linux; `--few N` takes every N-th pair.
"""

import argparse
import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.session.api import Opening, WalletSession
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.tui.app import QuietkeyApp
from host.wallet.folder_lock import FolderLock
from tests.devnets import STRANGER, clock
from tests.people import agreeable
from tests.wallets import OTHER_WORDS, paired, peers

ROOT = Path(__file__).resolve().parents[1]
STORE, COINS = "quietkey.sqlite", "coins.sqlite"
FULL = ("disk is full", "The disk")
DENIED = ("you are not allowed to",)
DAMAGED = ("is damaged",)
NO_FOLDER = ("is a file, not a folder",)
NO_NETWORK = ("There is no network to ask",)  # the app of this run has none
LINK = ("is a link that leads nowhere",)
OTHER = ("of another wallet", "belongs to", "damaged")
READING = ("balance", "history")
VERBS = (*READING, "receive", "pay", "sync", "rescan", "pair", "app")
WITHOUT_WRITING = (*READING, "app", "pair")  # a device that is known changes nothing
NOBODYS = "-dac_override,-dac_read_search,-linux_immutable"  # root, bound by modes as others are


@dataclass(frozen=True, slots=True)
class Fault:
    """`words`: one of them is said. `spares` are verbs that may do without what is wrong."""

    name: str
    arrange: Callable[[Path, ExitStack], object]
    words: Sequence[str]
    spares: Sequence[str] = ()
    limit: Callable[[], None] | None = None
    is_bound: bool = False


def _folder(home: Path) -> Path:
    return home / "regtest" / "wpkh"


def _rewritten(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path, ExitStack], object]:
    def arrange(home: Path, _: ExitStack) -> object:
        file = _folder(home) / name
        return file.write_bytes(change(file.read_bytes()))

    return arrange


def _sql(name: str, *statements: str) -> Callable[[Path, ExitStack], object]:
    def arrange(home: Path, _: ExitStack) -> None:
        with closing(sqlite3.connect(_folder(home) / name)) as db, db:
            for statement in statements:
                db.execute(statement)

    return arrange


def _instead(name: str, put: Callable[[Path], object]) -> Callable[[Path, ExitStack], object]:
    """Something else where the file or the folder should be."""

    def arrange(home: Path, _: ExitStack) -> object:
        place = home / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        return put(place)

    return arrange


def _mode(folder: int, file: int) -> Callable[[Path, ExitStack], object]:
    def arrange(home: Path, stack: ExitStack) -> None:
        for path in (*home.rglob("*"), home):
            path.chmod(file if path.is_file() else folder)
        stack.callback(lambda: [path.chmod(0o700) for path in (home, *home.rglob("*"))])

    return arrange


def _mounted(*options: str) -> Callable[[Path, ExitStack], object]:
    def arrange(home: Path, stack: ExitStack) -> None:
        for option in (["--bind", str(home)], ["-o", ",".join(("remount", "bind", *options))]):
            subprocess.run(["mount", *option, str(home)], check=True)
        stack.callback(subprocess.run, ["umount", "-l", str(home)], check=True)

    return arrange


def _full(home: Path, stack: ExitStack) -> None:
    """A disk of its own, with not a byte left."""
    copy = shutil.copytree(home, home.with_name("copy"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(home)], check=True)
    stack.callback(subprocess.run, ["umount", "-l", str(home)], check=True)
    shutil.copytree(copy, home, dirs_exist_ok=True)
    with suppress(OSError), (home / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def _no_growing() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _locked_file(home: Path, stack: ExitStack) -> None:
    db = stack.enter_context(closing(sqlite3.connect(_folder(home) / STORE, isolation_level=None)))
    db.execute("BEGIN EXCLUSIVE")


def _locked_folder(home: Path, stack: ExitStack) -> None:
    stack.enter_context(closing(FolderLock.acquire(_folder(home))))


def _of_another_seed(home: Path, stack: ExitStack) -> None:
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    paired(scratch / "other", words=OTHER_WORDS).close()
    shutil.copy(scratch / "other" / COINS, _folder(home) / COINS)


def _noise(raw: bytes) -> bytes:
    return bytes(at * 7 % 256 for at in range(len(raw)))


def _torn_page(raw: bytes) -> bytes:
    return raw[:4096] + b"\xff" * 4096 + raw[8192:]


_PATH = f"regtest/wpkh/{STORE}"
FAULTS = (
    Fault("a full disk", _full, FULL, WITHOUT_WRITING),
    Fault("no file may grow", lambda *_: None, FULL, WITHOUT_WRITING, _no_growing),
    Fault("a folder mounted read-only", _mounted("ro"), DENIED, WITHOUT_WRITING),
    Fault("read-only modes", _mode(0o500, 0o400), DENIED, WITHOUT_WRITING, is_bound=True),
    Fault("no rights at all", _mode(0o500, 0o000), DENIED, is_bound=True),
    Fault("a folder that is closed", _mode(0o000, 0o600), DENIED, is_bound=True),
    Fault("a header of noise", _rewritten(STORE, lambda raw: b"\xff" * 100 + raw[100:]), DAMAGED),
    Fault("a torn page", _rewritten(STORE, _torn_page), DAMAGED),
    Fault("half a file", _rewritten(STORE, lambda raw: raw[: len(raw) // 2]), DAMAGED),
    Fault("zeros", _rewritten(STORE, lambda raw: bytes(len(raw))), DAMAGED),
    Fault("noise", _rewritten(STORE, _noise), DAMAGED),
    Fault("no byte", _rewritten(STORE, lambda _: b""), DAMAGED),
    Fault("a missing table", _sql(STORE, "DROP TABLE payments"), DAMAGED),
    Fault("a missing row", _sql(STORE, "DELETE FROM search"), DAMAGED),
    Fault("a newer version", _sql(STORE, "PRAGMA user_version = 99"), ("a newer Quietkey",)),
    Fault(
        "another network",
        _sql(STORE, "UPDATE pairing SET network = 'mainnet'"),
        ("mainnet", "another network"),
    ),
    Fault("a locked file", _locked_file, ("Another program uses",)),
    Fault("a locked folder", _locked_folder, ("Another program has this",), READING),
    Fault("a folder for a file", _instead(_PATH, Path.mkdir), NO_FOLDER),
    Fault("a link to nothing", _instead(_PATH, lambda p: p.symlink_to("no")), LINK),
    Fault("a link to itself", _instead(_PATH, lambda p: p.symlink_to(p)), LINK),
    Fault("a file for a folder", _instead("regtest", Path.touch), NO_FOLDER),
    Fault("chain: noise", _rewritten(COINS, _noise), DAMAGED),
    Fault("chain: half a file", _rewritten(COINS, lambda raw: raw[: len(raw) // 2]), DAMAGED),
    Fault("chain: a torn page", _rewritten(COINS, _torn_page), DAMAGED),
    Fault("chain: a missing table", _sql(COINS, "DROP TABLE bdk_blocks"), DAMAGED),
    Fault("chain: no file", _instead(f"regtest/wpkh/{COINS}", lambda _: None), NO_NETWORK, VERBS),
    Fault("chain: of another seed", _of_another_seed, OTHER),
    Fault("chain: a folder", _instead(f"regtest/wpkh/{COINS}", Path.mkdir), NO_FOLDER),
)


class Trial:
    """One device, one network, and a good folder that is copied for each pair."""

    def __init__(self, scratch: Path, device: EmulatorProcess, devnet: Devnet) -> None:
        self.scratch = scratch
        self.device = "tcp:{}:{}".format(*device.address)
        self.peers = devnet.peers
        self.good = scratch / "good"

    async def verb(self, fault: Fault, verb: str) -> str:
        """What is wrong with what it says; "" for nothing."""
        with self._home() as home, ExitStack() as stack:
            fault.arrange(home, stack)
            status, talk = await self._run(fault, self._arguments(verb, home))
        return judged(fault, verb, status, talk)

    @contextmanager
    def _home(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            yield shutil.copytree(self.good, Path(folder) / "home")

    def _arguments(self, verb: str, home: Path) -> list[str]:
        if verb == "app":
            return ["tests.store_faults", "--app", str(home)]
        peer = [part for each in self.peers for part in ("--peer", each)]
        device = ["--device", self.device]
        extra = {
            "pay": [STRANGER, "25000", *device, *peer],
            "sync": peer,
            "rescan": peer,
            "pair": device,
        }
        return ["host", "wallet", verb, *extra.get(verb, []), "--home", str(home)]

    async def _run(self, fault: Fault, arguments: list[str]) -> tuple[int, str]:
        bound = ["setpriv", f"--bounding-set={NOBODYS}"] if fault.is_bound else []
        program = await asyncio.create_subprocess_exec(
            *bound, sys.executable, "-m", *arguments, cwd=ROOT, preexec_fn=fault.limit,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(program.communicate(), 90)
        except TimeoutError:
            program.kill()
            await program.wait()
            return -1, "it hangs"
        return program.returncode or 0, out.decode()


def judged(fault: Fault, verb: str, status: int, talk: str) -> str:
    """What is wrong with that end; "" for nothing."""
    if "Traceback" in talk:
        return f"a traceback: {talk.strip().splitlines()[-1]}"
    if status == 0:
        return "" if verb in fault.spares else "it did as if nothing were wrong"
    if status != 1 or not talk.strip():
        return f"status {status}: {talk.strip()[-200:]}"
    return "" if any(word in talk for word in fault.words) else f"another reason: {talk.strip()}"


async def _app(home: Path) -> int:
    """Open the app on the folder, without a screen, and say what it says."""

    async def start(_: Callable[[str], None]) -> WalletSession:
        async def nowhere() -> None:
            raise AssertionError

        folder = WalletFolder(_folder(home), "regtest")
        return LocalSession(folder, Cable(nowhere), None, "tcp")  # type: ignore[arg-type]

    app = QuietkeyApp(Opening("", "tcp", "", start))
    async with app.run_test(size=(80, 24)) as pilot:
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                while not (app.state.wallet or app.state.problem or app.state.broken):
                    await pilot.pause(0.05)
        state = app.state
    there = state.wallet is not None and state.wallet.balance.spendable_sats > 0
    problem = "" if there else state.broken or state.problem or "There is no wallet here yet."
    sys.stdout.write(f"{problem}\n")
    return 1 if problem else 0


async def _fill(trial: Trial, devnet: Devnet) -> None:
    """The good folder: a wallet with a coin, and a block that it does not know."""
    wallet = paired(_folder(trial.good))
    await devnet.fund(wallet.next_address().address, 1_000_000)
    backend = P2pBackend(peers(devnet), "regtest", trial.scratch / "headers")
    await backend.sync(wallet)
    await backend.close()
    wallet.close()
    await devnet.mine()


async def _trials(scratch: Path, few: int) -> int:
    emulator = EmulatorProcess(scratch / "device.flash", sealed_record())
    async with Devnet(clock, 2, scratch / "net") as devnet:
        with emulator as device:
            device.unlock()  # before anybody else has the keys
            trial = Trial(scratch, device, devnet)
            await _fill(trial, devnet)
            pairs = [(fault, verb) for fault in FAULTS for verb in VERBS][::few]
            wrong = 0
            with agreeable(device):
                for fault, verb in pairs:
                    if said := await trial.verb(fault, verb):
                        wrong += 1
                        sys.stdout.write(f"{fault.name}, {verb}: {said}\n")
                        sys.stdout.flush()
    sys.stdout.write(f"{len(pairs)} pairs of a fault and a verb: {wrong} wrong\n")
    return bool(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.store_faults", description=__doc__)
    parser.add_argument("--few", type=int, default=1, metavar="N")
    parser.add_argument("--app", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.app:
        return asyncio.run(_app(options.app))
    if sys.platform != "linux" or os.geteuid() != 0:
        parser.error("only root on Linux can mount and bind")
    with tempfile.TemporaryDirectory(prefix="quietkey-") as folder:
        return asyncio.run(_trials(Path(folder), options.few))


if __name__ == "__main__":
    raise SystemExit(main())
