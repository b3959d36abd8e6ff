"""Where things are kept, and the facts every part of the wallet agrees on."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from host.errors import WalletError
from host.storage_errors import disk_error

HARDENED = 1 << 31  # BIP32
NETWORKS = ("mainnet", "testnet", "testnet4", "signet", "regtest")  # "testnet" is testnet3
PEER_PORTS = {
    "mainnet": 8333,
    "testnet": 18333,
    "testnet4": 48333,
    "signet": 38333,
    "regtest": 18444,
}
# Where Bitcoin Core takes JSON-RPC, and the folder of each network in its own.
RPC_PORTS = {
    "mainnet": 8332,
    "testnet": 18332,
    "testnet4": 48332,
    "signet": 38332,
    "regtest": 18443,
}
CORE_FOLDERS = {
    "mainnet": "",
    "testnet": "testnet3",
    "testnet4": "testnet4",
    "signet": "signet",
    "regtest": "regtest",
}
# Names that answer with addresses of nodes, asked for those that serve filters (BIP157).
DNS_SEEDS = {
    "mainnet": (
        "x49.seed.bitcoin.sipa.be",
        "x49.seed.bitcoin.sprovoost.nl",
        "x49.seed.bitcoin.wiz.biz",
        "x49.seed.mainnet.achownodes.xyz",
    ),
    "testnet": ("x49.seed.testnet.bitcoin.sprovoost.nl", "x49.seed.testnet.achownodes.xyz"),
    "testnet4": ("x49.seed.testnet4.bitcoin.sprovoost.nl", "x49.seed.testnet4.wiz.biz"),
    "signet": ("x49.seed.signet.bitcoin.sprovoost.nl", "x49.seed.signet.achownodes.xyz"),
    "regtest": (),
}
PURPOSE = {"pkh": 44, "sh-wpkh": 49, "wpkh": 84, "tr": 86}  # BIP44, BIP49, BIP84, BIP86
# BIP173, BIP325: the public test networks share keys and addresses.
BECH32_HRP = {"mainnet": "bc", "testnet": "tb", "testnet4": "tb", "signet": "tb", "regtest": "bcrt"}
_TEST_VERSIONS = (b"\x6f", b"\xc4")
# What a base58 address begins with: P2PKH, P2SH.
BASE58_VERSIONS = {
    "mainnet": (b"\x00", b"\x05"),
    "testnet": _TEST_VERSIONS,
    "testnet4": _TEST_VERSIONS,
    "signet": _TEST_VERSIONS,
    "regtest": _TEST_VERSIONS,
}
GAP = 25  # unused addresses in a row, behind which no coin is looked for
MAX_GAP = 10_000
FINAL_DEPTH = 6  # confirmations behind which a reorg is not reckoned with
Clock = Callable[[], int]


def account_path(network: str, script: str, account: int = 0) -> tuple[int, ...]:
    """The path of an account, as integers: m/84h/0h/0h for the first of "wpkh" on "mainnet".

    Raises WalletError for a network, a script or an account this wallet does not know.
    """
    if not 0 <= account < HARDENED:
        raise WalletError(f"There is no account {account}. The first one is 0.")
    if network not in NETWORKS:
        raise WalletError(f"There is no network {network!r} here. Choose {_or(NETWORKS)}.")
    if script not in PURPOSE:
        raise WalletError(f"There is no script kind {script!r} here. Choose {_or(PURPOSE)}.")
    coin = 0 if network == "mainnet" else 1  # SLIP-44
    return (PURPOSE[script] | HARDENED, coin | HARDENED, account | HARDENED)


def render_path(path: tuple[int, ...]) -> str:
    """As in "84h/1h/0h/0/5"."""
    return "/".join(f"{step - HARDENED}h" if step >= HARDENED else str(step) for step in path)


def wall_clock() -> int:
    """Seconds since 1970. The programs hand this in; tests hand in their own."""
    return int(time.time())  # noqa: TID251 - the one place where the clock comes from


@dataclass(frozen=True, slots=True)
class HomeFolder:
    """The folder of one person: wallets with names, and one for each account without."""

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

    def wallet(self, network: str, script: str, account: int = 0) -> Path:
        """Where a wallet without a name is kept."""
        return self.root / network / (f"{script}-{account}" if account else script)

    def named(self, name: str) -> Path:
        return self.root / "wallets" / name


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
