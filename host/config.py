"""Where things are kept, and the facts every part of the wallet agrees on."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host.errors import WalletError
from host.storage_errors import disk_error

HARDENED = 1 << 31  # BIP32
NETWORKS = ("mainnet", "testnet", "regtest")
PURPOSE = {"wpkh": 84, "tr": 86}  # BIP84, BIP86
BECH32_HRP = {"mainnet": "bc", "testnet": "tb", "regtest": "bcrt"}  # BIP173
_TEST_VERSIONS = (b"\x6f", b"\xc4")
# What a base58 address begins with: P2PKH, P2SH.
BASE58_VERSIONS = {
    "mainnet": (b"\x00", b"\x05"),
    "testnet": _TEST_VERSIONS,
    "regtest": _TEST_VERSIONS,
}
GAP = 25  # unused addresses in a row, behind which no coin is looked for
MAX_GAP = 10_000
FINAL_DEPTH = 6  # confirmations behind which a reorg is not reckoned with
Clock = Callable[[], int]


def account_path(network: str, script: str) -> tuple[int, ...]:
    """The path of the first account, as integers: m/84h/0h/0h for "wpkh" on "mainnet".

    Raises WalletError for a network or a script this wallet does not know.
    """
    if network not in NETWORKS:
        raise WalletError(f"There is no network {network!r} here. Choose {_or(NETWORKS)}.")
    if script not in PURPOSE:
        raise WalletError(f"There is no script kind {script!r} here. Choose {_or(PURPOSE)}.")
    coin = 0 if network == "mainnet" else 1  # SLIP-44
    return (PURPOSE[script] | HARDENED, coin | HARDENED, HARDENED)


def render_path(path: tuple[int, ...]) -> str:
    """As in "84h/1h/0h/0/5"."""
    return "/".join(f"{step - HARDENED}h" if step >= HARDENED else str(step) for step in path)


def wall_clock() -> int:
    """Seconds since 1970. The programs hand this in; tests hand in their own."""
    return int(time.time())  # noqa: TID251 - the one place where the clock comes from


@dataclass(frozen=True, slots=True)
class HomeFolder:
    """The folder of one person: one wallet for each network and script kind."""

    root: Path

    @classmethod
    def default(cls) -> "HomeFolder":
        """What QUIETKEY_HOME says, else a hidden folder in one's own. Raises WalletError."""
        chosen = os.environ.get("QUIETKEY_HOME")
        try:
            return cls(Path(chosen) if chosen else Path.home() / ".quietkey")
        except RuntimeError as error:
            raise WalletError(
                "You have no home folder here. Name a folder with --home or QUIETKEY_HOME."
            ) from error

    def wallet(self, network: str, script: str) -> Path:
        return self.root / network / script

    def headers(self, network: str, script: str) -> Path:
        """Where the light client keeps headers and peers; safe to delete."""
        return self.wallet(network, script) / "headers"


def private_folder(path: Path) -> Path:
    """The folder, made if missing. What is in it tells all a person owns: nobody else may look.

    Raises WalletError with the reason why it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise disk_error(error, path) from error
    return path


def _or(names: tuple[str, ...] | dict[str, int]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"


def grouped(number: int) -> str:
    """A number as people read it: 25 000."""
    return f"{number:,}".replace(",", " ")
