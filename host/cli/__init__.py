"""What can be typed. Nothing heavy is imported here: verbs.py is, once a verb needs it."""

import argparse
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from host.cli import completion, options, paying, psbt_args, record_args, status
from host.config import GAP, MAX_GAP

_Verbs = Any  # argparse keeps the name of what add_subparsers() gives to itself

LONGEST_NUMBER = 20  # characters; 21 million coins in sats have 16
LINKS = ("serial", "tcp", "qr")
EXPORTS = ("descriptor", "bsms", "coldcard", "specter", "sparrow", "history", "labels")
STORIES = ("payment", "endings")
# These have their own command lines: everything behind the verb is theirs.
PASSED_ON = {
    "device": "the emulated signing device, alone",
    "devnet": "a Bitcoin network inside this machine, alone",
}

_TOP = """\
Try everything on a Bitcoin network inside this machine:
  quietkey demo

Put the parts together yourself, each in a terminal of its own:
  quietkey device --tcp 30121
  quietkey devnet --port 18444
  quietkey wallet pair --device tcp:127.0.0.1:30121

Without a verb, the app opens.

Exit status, and the code of the error object that --json prints:
"""
_DEMO = """\
Starts a Bitcoin network, a device and a wallet, and nothing of it leaves this machine.

  quietkey demo                            the app: you press the buttons
  quietkey demo --auto                     a payment by itself, one line for each step
  quietkey demo --auto --link qr --json    the same by QR codes, told to a program
  quietkey demo --attack                   a wallet that lies: find out on the device
  quietkey demo --story endings            a lying node, a fork, a refused payment's two ways out
"""
_WALLET = """\
The wallet knows no secret: it asks the device for each signature.

  quietkey wallet pair --device tcp:127.0.0.1:30121
  quietkey wallet receive --device tcp:127.0.0.1:30121
  quietkey wallet sync --peer 127.0.0.1:18444
  quietkey wallet pay ADDRESS 25000 --device tcp:127.0.0.1:30121 --peer 127.0.0.1:18444

`quietkey wallet pay --help` and so on tell more.
"""
_PAIR = """\
Unlock the device when it asks. Its account key is read, no secret leaves it.

  quietkey wallet pair --device serial:/dev/ttyUSB0 --network testnet

With a name, device and server are remembered, and the next tasks need neither:

  quietkey wallet pair --wallet savings --script tr --device tcp:127.0.0.1:30121 --server p2p:
"""
_RESCAN = """\
Looks at every block again, from the birthday of the seed on. A seed that handed out many addresses
which nobody paid needs a larger --gap.

  quietkey wallet rescan --gap 200 --peer 127.0.0.1:18444
"""
_GAP_HELP = "unused addresses in a row, behind which no coin is looked for"
_BALANCE = """\
  quietkey wallet balance
  quietkey wallet balance --peer 127.0.0.1:18444 --json    look at the network first
"""
_VERIFY = """\
  quietkey wallet verify 0 --device tcp:127.0.0.1:30121    the first address
"""
_PAY = """\
You check the payment on the device. A payment that was cut short is kept: --continue takes it up
again, whether a signature is missing or the network was, and --discard forgets an unsigned one.

  quietkey wallet pay ADDRESS 25000 --device tcp:127.0.0.1:30121 --peer 127.0.0.1:18444
  quietkey wallet pay ADDRESS max --target 6       everything, the fee as the server estimates it
  quietkey wallet pay ADDRESS 25k ADDRESS 0.001    two recipients; --to and --csv take more
  quietkey wallet pay --csv wages.csv --fee 2000
  quietkey wallet pay ADDRESS 25k --psbt-out pay.psbt       for a signer without a cable
  quietkey wallet pay --signed pay-signed.psbt --peer 127.0.0.1:18444
  quietkey wallet pay --continue    --device tcp:127.0.0.1:30121 --peer 127.0.0.1:18444
  quietkey wallet pay --continue --psbt-out pay.psbt    with the signatures it has by now
"""
_REGISTER = """\
The device shows every key of a wallet of several, and what each of them can do; once you agree to
it there, it signs for the wallet. By QR the code stays until you end it with Ctrl-C.

  quietkey wallet register --wallet club --device tcp:127.0.0.1:30121
  quietkey wallet register --wallet club --device qr:/dev/video0
"""
_COMPLETION = """\
  quietkey completion bash

Read it at the start of the shell: eval "$(quietkey completion bash)"
"""
_COINS = """\
  quietkey wallet coins --json
"""
_FREEZE = """\
No payment takes a frozen coin. Its name is as `quietkey wallet coins` lists it.

  quietkey wallet freeze TXID:N
  quietkey wallet unfreeze TXID:N
"""
_EXPORT = """\
A descriptor (BIP380) names every address and no secret: who reads it sees all payments, and can
make none. Other programs take the same over as a BSMS record (BIP129), a Coldcard setup file,
Specter's JSON or Sparrow's text. The history is a table (CSV), oldest first, in sats and UTC.

  quietkey wallet export
  quietkey wallet export bsms > club.bsms
  quietkey wallet export history
  quietkey wallet export labels
"""
_IMPORT = """\
A descriptor (BIP380), or what another wallet exports: BSMS (BIP129), a Coldcard setup file, the
JSON of Specter, Sparrow's text. That of one standard account is the wallet of its device; any other
has several keys or conditions.

  quietkey wallet import wallet.txt --wallet savings --network mainnet
  quietkey wallet import "wpkh([73c5da0a/84h/0h/0h]xpub.../<0;1>/*)#..." --wallet watched
"""
_LABEL = """\
Labels stay here; nobody on the network sees them. The history shows those of transactions.

  quietkey wallet label ADDRESS Rent
"""
_IMPORT_LABELS = """\
A label of the same thing is replaced. Coins that the file calls not spendable are frozen.

  quietkey wallet import-labels labels.jsonl
"""
_WALLETS = """\
The one with a star opens without a word.

  quietkey wallets
  quietkey wallets --use savings
  quietkey wallets --signers       where a device is within reach, as --device takes it
"""
_HISTORY = """\
With a txid, or as much of its beginning as no other one has, all that is known of that transaction.

  quietkey wallet history --json
  quietkey wallet history 7d1f
"""
_SYNC = """\
Whom to ask is a URL; what it learns about you is said before it is asked.
  p2p:HOST:PORT,...         nodes with compact block filters (BIP157); --peer is short for it
  electrum:HOST:PORT        an Electrum server; electrum+tls: keeps to the certificate it had first
  esplora:https://HOST/api  an Esplora server
  core:HOST:PORT            your Bitcoin Core, by its cookie (?auth=FILE names another); core:
                            alone is the one on this machine
Without one, nodes are looked for by DNS seeds (mainnet and the public test networks): p2p:

  quietkey wallet sync --peer 127.0.0.1:18444 --peer 127.0.0.1:18445
  quietkey wallet sync --server electrum+tls:example.org:50002 --network signet
"""


class UsageError(SystemExit):
    """The words cannot be meant. The usage was shown already."""

    def __init__(self, message: str) -> None:
        super().__init__(status.BAD_INPUT.status)
        self.message = message


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise UsageError(message)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401
        """Help that cannot be written raises OSError; argparse would pass over it."""
        if file is sys.stdout:
            file.write(message)
        else:
            super()._print_message(message, file)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401
        """What no verb takes is refused by the verb, whose usage says what it does take."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return parsed, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401
        if action.choices is not None and value not in action.choices:
            import difflib  # noqa: PLC0415 - only for who mistyped

            names = [str(choice) for choice in action.choices]
            close = difflib.get_close_matches(str(value), names, 1)
            if close:
                raise argparse.ArgumentError(
                    action, f"there is no {value!r}; did you mean {close[0]!r}?"
                )
        super()._check_value(action, value)


def parser() -> argparse.ArgumentParser:
    """The whole command line. Only `demo` and `wallet` are parsed here; see PASSED_ON."""
    top = _Parser(
        "quietkey",
        description="A terminal wallet, and the emulated device that signs for it.",
        epilog=_TOP + status.table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"quietkey {_version()}")
    options.add_theme(top, default=None)
    verbs = top.add_subparsers(dest="verb", title="verbs", metavar="VERB")
    _add_demo(verbs)
    for name, summary in PASSED_ON.items():
        verbs.add_parser(name, help=summary, add_help=False)
    options.add_web(_add(verbs, "web", "the app in a browser of this machine", options.WEB))
    _add_wallet(verbs)
    psbt_args.add_tasks(_add(verbs, "psbt", "payments in files", psbt_args.HELP))
    psbt_args.add_qr(_add(verbs, "qr", "a file as QR codes", psbt_args.QR_HELP))
    shell = _add(verbs, "completion", "complete these words in a shell", _COMPLETION)
    shell.add_argument("shell", choices=completion.SHELLS)
    _add(verbs, "man", "the manual page", "  quietkey man\n")
    options.add_wallets(_add(verbs, "wallets", "list the wallets that have names", _WALLETS))
    return top


def usual_link() -> str:
    """How the demo connects its device: without pseudo-terminals, by a free port of loopback."""
    return "tcp" if sys.platform == "win32" else "serial"


def _add_demo(verbs: _Verbs) -> None:
    demo = _add(verbs, "demo", "a payment on a network inside this machine", _DEMO)
    demo.add_argument("--auto", action="store_true", help="no app: a scripted finger pays")
    demo.add_argument(
        "--story",
        choices=STORIES,
        help="as --auto; endings: a node that lies, a fork, refused payments and their ways out",
    )
    demo.add_argument(
        "--attack",
        action="store_true",
        help="a wallet that lies, a key for each lie; with --auto, a finger that catches them all",
    )
    demo.add_argument("--json", action="store_true", help="with these: one JSON object a line")
    options.add_theme(demo)
    usual = usual_link()
    demo.add_argument(
        "--link", choices=LINKS, default=usual, help=f"how the device is connected (usual: {usual})"
    )
    demo.add_argument(
        "--home", type=Path, metavar="DIR", help="keep everything here (default: keep nothing)"
    )


def _add_wallet(verbs: _Verbs) -> None:
    wallet = _add(verbs, "wallet", "the wallet, alone", _WALLET)
    tasks = wallet.add_subparsers(dest="task", title="tasks", metavar="TASK", required=True)
    pair = _add_task(tasks, "pair", "make the wallet of a device", _PAIR, device=True, peer=False)
    _add_search(pair)
    _add_task(tasks, "register", "let a device know a shared wallet", _REGISTER, device=True)
    _add_task(tasks, "balance", "show the balance", _BALANCE, peer=False)
    receive = _add_task(
        tasks, "receive", "an address to be paid at", record_args.RECEIVE, device=False, peer=False
    )
    record_args.add_receive(receive)
    record_args.add_tasks(lambda *words: _add_task(tasks, *words, peer=False))
    verify = _add_task(tasks, "verify", "compare an address with the device", _VERIFY, device=True)
    verify.add_argument("index", type=_count, help="the number of the address, from 0")
    _add_pay(tasks)
    _add_task(tasks, "coins", "list the coins", _COINS, peer=False)
    for name, summary in (("freeze", "keep a coin"), ("unfreeze", "let a coin be spent again")):
        task = _add_task(tasks, name, summary, _FREEZE)
        task.add_argument("coin", metavar="TXID:N", type=options.reference, help="the coin")
    history = _add_task(tasks, "history", "list payments, or tell of one", _HISTORY, peer=False)
    history.add_argument("txid", nargs="?", type=options.reference, help="the one to tell of")
    options.add_plot(_add_task(tasks, "plot", "the history at a glance", options.PLOT, peer=False))
    for name, summary in (("backup", "all wallets in one file"), ("restore", "bring them back")):
        record_args.add_backup(_add(tasks, name, summary, record_args.BACKUP))
    _add_task(tasks, "sync", "look at the network", _SYNC, peer=True)
    paying.add_endings(lambda *words, **needs: _add_task(tasks, *words, **needs))
    _add_exchange(tasks)
    kinds = _add(tasks, "message", "messages and signatures", options.MESSAGE).add_subparsers(
        dest="kind", title="kinds", metavar="KIND", required=True
    )
    signed = _add_task(kinds, "sign", "have the device sign", options.MESSAGE, device=True)
    options.add_message(signed, _add_task(kinds, "verify", "check a signature", options.MESSAGE))
    signed.add_argument("--index", type=_count, default=0, help="of the address, from 0 (0)")
    rescan = _add_task(tasks, "rescan", "look for coins that were missed", _RESCAN, peer=True)
    rescan.add_argument("--gap", type=_gap, help=_GAP_HELP)


def _add_exchange(tasks: _Verbs) -> None:
    export = _add_task(tasks, "export", "print the wallet for other programs", _EXPORT)
    export.add_argument("what", nargs="?", choices=EXPORTS, default="descriptor")
    imported = _add_task(tasks, "import", "make the wallet of a file", _IMPORT, peer=False)
    imported.add_argument("descriptor", help="itself, a file with the wallet, or - for stdin")
    _add_search(imported)
    named = _add_task(tasks, "label", "write a label to a thing", _LABEL)
    named.add_argument("ref", metavar="TXID|ADDRESS|TXID:N", help="what it is written to")
    named.add_argument("text", help='what is written; "" forgets it')
    taken = _add_task(tasks, "import-labels", "take in a file of labels", _IMPORT_LABELS)
    taken.add_argument("file", help="labels as BIP329 has them, or - for stdin")


def _add_search(task: argparse.ArgumentParser) -> None:
    """How far the coins of a seed that was used before are looked for."""
    task.add_argument("--gap", type=_gap, default=GAP, help=f"{_GAP_HELP} (default: {GAP})")
    task.add_argument(
        "--birthday",
        type=paying.day,
        metavar="YYYY-MM-DD",
        help="a day before the seed received anything: earlier blocks are not looked at",
    )


def _add_pay(tasks: _Verbs) -> None:
    pay = _add_task(tasks, "pay", "pay somebody", _PAY, device=False, peer=False)
    paying.add_arguments(pay)
    psbt_args.add_version(pay)
    pay.add_argument(
        "--psbt-out", metavar="FILE", help="write the payment down for another signer; - is stdout"
    )
    alternatives = pay.add_mutually_exclusive_group()
    alternatives.add_argument(
        "--continue", action="store_true", dest="resume", help="take up the payment cut short"
    )
    alternatives.add_argument(
        "--signed", metavar="FILE", help="send what another signer made of the unsigned payment"
    )
    alternatives.add_argument("--discard", action="store_true", help="forget the unsigned payment")


def _add_task(
    tasks: _Verbs,
    name: str,
    summary: str,
    epilog: str,
    *,
    device: bool | None = None,
    peer: bool | None = None,
) -> argparse.ArgumentParser:
    """A task of the wallet. True: it needs the device (the peers); False: it can do with them."""
    task = _add(tasks, name, summary, epilog)
    options.add(task, device=device is not None, server=peer is not None)
    return task


def _add(verbs: _Verbs, name: str, summary: str, epilog: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return verb


def _gap(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MAX_GAP):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MAX_GAP}")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_NUMBER:
        raise argparse.ArgumentTypeError(f"{text[:LONGEST_NUMBER]!r} is not a number from 0")
    return int(text)


def _version() -> str:
    try:
        return version("quietkey")
    except PackageNotFoundError:
        return "from a checkout"
