"""Flags that every task of the wallet takes, and what stands for those that were not typed."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from host.config import DNS_SEEDS, HARDENED, NETWORKS, PURPOSE, HomeFolder
from host.errors import BadInput
from host.settings import THEMES, WalletSettings, check_name, load, save

_MAKING = ("pair", "import")  # these may name a wallet that is not there yet
# Without a peer to ask they change nothing, and what is configured does not make them ask.
LOOKING = ("balance", "history", "coins", "plot", "addresses", "find", "contacts")
_WHERE = (
    "tcp:HOST:PORT, serial:PATH, or qr:SOURCE (qr+krux:SOURCE): a folder, a picture, /dev/videoN, -"
)


WEB = """\
Opens what quietkey alone opens, and prints an address with a token: who has it sees and types what
you do. One browser at a time, on this machine only.

  quietkey web
  quietkey web --demo --port 8080
"""
MESSAGE = """\
By the key of an address (BIP137); a signature of another wallet is verified as BIP137 or, for
wpkh and tr, as BIP322 (simple). A signature that is not right ends with status 1.

  quietkey wallet message sign --device tcp:127.0.0.1:30121 I-own-this
  quietkey wallet message verify bc1qADDRESS SIGNATURE I-own-this
"""


def add(task: argparse.ArgumentParser, *, device: bool, server: bool) -> None:
    """`device`, `server`: whether the task has any use for one."""
    if device:
        task.add_argument("--device", metavar="WHERE", help=_WHERE)
    if server:
        task.add_argument(
            "--server",
            metavar="URL",
            help="p2p:HOST:PORT,... or electrum:, electrum+tls:, esplora:, core:",
        )
        task.add_argument(
            "--peer", type=_peer, action="append", metavar="HOST:PORT",
            help="a node to ask, short for --server p2p:HOST:PORT; give several",
        )  # fmt: skip
        task.add_argument(
            "--proxy",
            metavar="WHERE",
            help="a SOCKS5 proxy for all that is asked: socks5://HOST:PORT, tor, or none",
        )
        task.add_argument(
            "--dns",
            metavar="HOST",
            help="the resolver to ask for names (BIP353), HOST or HOST:PORT",
        )
    task.add_argument("--wallet", metavar="NAME", help="one of quietkey wallets")
    task.add_argument("--network", choices=NETWORKS, help="default: regtest")
    task.add_argument("--script", choices=tuple(PURPOSE), help="default: wpkh")
    task.add_argument("--account", type=_account, metavar="N", help="default: 0")
    add_home(task)


def add_home(task: argparse.ArgumentParser) -> None:
    """Where the wallets are, and how the answer is printed."""
    task.add_argument(
        "--home", type=Path, metavar="DIR",
        help="the folder (default: QUIETKEY_HOME or ~/.quietkey)",
    )  # fmt: skip
    task.add_argument(
        "--json", action="store_true", help="data, or the error, as one JSON object a line"
    )


PLOT = """\
The balance over time, how long the coins lie still, and what others pay, where a server tells:
as pictures with a sentence each.

  quietkey wallet plot
  quietkey wallet plot --text    sentences alone, for who does not see pictures
"""

RAW = """\
Whoever signed and finished it: it is sent as it is, and nothing of it is kept here.

  quietkey wallet broadcast signed.txn --peer 127.0.0.1:18444
"""


def resolve(args: argparse.Namespace) -> None:
    """Fill in what was not typed, by the config file. Raises BadInput for contradictions."""
    args.home = HomeFolder(args.home) if args.home else HomeFolder.default()
    settings = load(args.home.root)
    chosen = {key: getattr(args, key) for key in ("network", "script", "account")}
    typed = {key: value for key, value in chosen.items() if value is not None}
    if args.task == "import" and not args.wallet:
        raise BadInput("Give the wallet a name: --wallet NAME. Nothing was changed.")
    args.wallet = args.wallet or ("" if typed else settings.wallet)
    entry = settings.wallets.get(args.wallet)
    if args.wallet and entry is None and args.task not in _MAKING:
        raise BadInput(
            f"There is no wallet {args.wallet!r}. quietkey wallets lists those there are."
        )
    for key, value in typed.items():
        if entry is not None and getattr(entry, key) != value:
            raise BadInput(
                f"The wallet {args.wallet} has the {key} {getattr(entry, key)}, and not {value}."
                " Nothing was done. Leave the flag out, or give a new wallet another name."
            )
    account = entry or replace(WalletSettings(), **typed)
    args.network, args.script, args.account = account.network, account.script, account.account
    args.folder = (
        args.home.named(check_name(args.wallet))
        if args.wallet
        else args.home.wallet(args.network, args.script, args.account)
    )
    _resolve_others(args, account)


def _resolve_others(args: argparse.Namespace, entry: WalletSettings) -> None:
    remembered = "" if args.task == "receive" else entry.device  # it would ask its person
    args.device = getattr(args, "device", None) or remembered or None
    typed = _server(args)
    args.server = typed or (None if args.task in LOOKING else entry.server or None)
    # Who named a proxy once does not want to be seen by another server, either.
    proxy = getattr(args, "proxy", None) or entry.proxy
    args.proxy = "" if proxy.strip().lower() == "none" else proxy
    args.dns = getattr(args, "dns", None) or entry.dns


def need_server(args: argparse.Namespace) -> None:
    """Raises BadInput when there is nobody to ask."""
    if args.server:
        return
    if DNS_SEEDS[args.network]:
        raise BadInput(
            "Name whom to ask. --server p2p: looks for nodes by itself, --peer HOST:PORT is a node,"
            " and --server electrum+tls:HOST:PORT a server."
        )
    raise BadInput("Name a node to ask, for example --peer 127.0.0.1:18444.")


def reference(text: str) -> str:
    """A txid or a coin as the history writes it: another spelling is no other payment."""
    return text.strip().lower()


def remember(args: argparse.Namespace) -> None:
    """Keep what was typed of a wallet with a name, for the next time. Raises WalletError.

    Of a device, it opens from now on. Beside one that was taken in, the one that opened stays: who
    looks at somebody else's wallet does not mean that one by the next `receive`.
    """
    if not args.wallet:
        return
    settings = load(args.home.root)
    entry = WalletSettings(
        args.network, args.script, args.account, args.device or "", args.server or "",
        args.proxy, str(getattr(args, "birthday", None) or ""), args.dns,
    )  # fmt: skip
    updated = settings.remember(args.wallet, entry)
    account = WalletSettings()
    folder = args.home.wallet(account.network, account.script, account.account)
    if args.task == "import" and (settings.wallet or folder.exists()):
        updated = replace(updated, wallet=settings.wallet)
        name = f"the wallet {settings.wallet}" if settings.wallet else "the one without a name"
        sys.stderr.write(
            f"Without --wallet, {name} opens as before. To change that: quietkey wallets --use"
            f" {args.wallet}\n"
        )
    save(args.home.root, updated)


def _server(args: argparse.Namespace) -> str | None:
    typed: str | None = getattr(args, "server", None)
    peers: list[str] | None = getattr(args, "peer", None)
    if typed and peers:
        raise BadInput("--peer and --server name two things to ask. Nothing was done. Choose one.")
    return f"p2p:{','.join(peers)}" if peers else typed


def _peer(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, like 127.0.0.1:18444")
    return text


def _account(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < HARDENED):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not the number of an account, from 0")
    return int(text)


def add_theme(task: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    """Of the app, for this time. A verb that was not told keeps what `quietkey` was told."""
    task.add_argument(
        "--theme",
        choices=THEMES,
        default=default,
        help="how the app looks, this time; ^p in it chooses one to be remembered",
    )


def add_web(web: argparse.ArgumentParser) -> None:
    """What the app in a browser can be told."""
    web.add_argument("--demo", action="store_true", help="the demo, also where a wallet is kept")
    web.add_argument("--port", type=_port, default=0, help="of loopback (any free one)")
    add_theme(web)


def add_wallets(wallets: argparse.ArgumentParser) -> None:
    """Which wallet opens without a word, and which devices could be another one's."""
    wallets.add_argument("--use", metavar="NAME", help="the one that opens from now on")
    wallets.add_argument("--signers", action="store_true", help="list devices within reach instead")
    add_home(wallets)


def add_plot(plot: argparse.ArgumentParser) -> None:
    """How plots are said."""
    plot.add_argument("--text", action="store_true", help="sentences alone, to be read aloud")


def add_raw(task: argparse.ArgumentParser) -> None:
    """What is sent."""
    task.add_argument("file", metavar="FILE", help="the transaction, binary or hex; - is stdin")


def add_message(signed: argparse.ArgumentParser, verified: argparse.ArgumentParser) -> None:
    """What a signed message is made of."""
    verified.add_argument("address", help="whose signature it is said to be")
    verified.add_argument("signature", help="as BIP137 or BIP322 writes it, in base64")
    for task in (signed, verified):
        task.add_argument("text", help="the message; - is standard input")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"between 0 and 65535, not {text[:80]!r}")
    return int(text)
