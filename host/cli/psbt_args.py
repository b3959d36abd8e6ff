"""What `quietkey psbt` and `quietkey qr` can be told."""

import argparse

from host.config import NETWORKS

HELP = """\
A PSBT is read as binary, base64 or hex, version 0 or 2; - is stdin and stdout.

  quietkey psbt show pay.psbt
  quietkey psbt diff sent.psbt returned.psbt
  quietkey psbt combine alice.psbt bob.psbt --out both.psbt
"""
_SHOW = """\
What a payment says, in the device's sentences, read by the device's program without any key: each
output whole, the fee, what is odd, how much is signed. Which output is change, only a device with
its keys can tell. Status 0; 2 where a device would refuse, with its reason.

  quietkey psbt show pay.psbt --network mainnet --diagram
  quietkey psbt show - --json
"""
_DIFF = """\
Proves that two PSBTs are about the same unsigned transaction: status 0. Else the differences are
listed, and the status is 1; 2 is for a file that is no PSBT.

  quietkey psbt diff sent.psbt returned.psbt
"""
_COMBINE = """\
What all of them say together: partial signatures are kept. With one file, a way to convert it.

  quietkey psbt combine alice.psbt bob.psbt --out both.psbt
  quietkey psbt combine old.psbt --out new.psbt --psbt-version 2
"""


QR_HELP = """\
For a signer without a cable, or a wallet that scans: in this terminal, as large as it has room for,
or as pictures. It says how many codes and seconds. Keys while codes are shown: + - size, < > speed,
space pause, arrows step, f full window, q leave. - is stdin. A seed is not shown.

  quietkey qr pay.psbt --peer seedsigner
  quietkey qr pay.psbt --peer krux --out pay.gif
  quietkey qr - --out wallet.png
"""


def add_qr(qr: argparse.ArgumentParser) -> None:
    """What `quietkey qr` can be told. Its words are looked at later, by who knows them."""
    qr.add_argument("file", metavar="FILE", help="a payment, a descriptor, an address, labels")
    qr.add_argument("--peer", metavar="NAME", default="any", help="who reads: sparrow, krux ...")
    qr.add_argument("--form", metavar="FORM", help="ur, bbqr, pMofN ... (default: the peer's)")
    qr.add_argument("--version", type=int, metavar="N", help="the largest QR version, 4 to 40")
    qr.add_argument("--out", metavar="FILE", help="write .png, .svg (one a code) or .gif")


def add_tasks(psbt: argparse.ArgumentParser) -> None:
    """The tasks below `quietkey psbt`."""
    tasks = psbt.add_subparsers(dest="task", title="tasks", metavar="TASK", required=True)
    layout = argparse.RawDescriptionHelpFormatter
    show = tasks.add_parser("show", help="read a payment", epilog=_SHOW, formatter_class=layout)
    show.add_argument("file", metavar="FILE")
    show.add_argument(
        "--network", choices=NETWORKS, help="default: that of the wallet that opens, or regtest"
    )
    show.add_argument("--json", action="store_true", help="the pages as a JSON object")
    show.add_argument(
        "--diagram", action="store_true", help="draw where its coins come from and go, in sats"
    )
    diff = tasks.add_parser(
        "diff", help="compare two payments", epilog=_DIFF, formatter_class=layout
    )
    diff.add_argument("left", metavar="FILE")
    diff.add_argument("right", metavar="FILE")
    diff.add_argument("--json", action="store_true", help="the answer as a JSON object")
    combine = tasks.add_parser(
        "combine", help="put signatures together", epilog=_COMBINE, formatter_class=layout
    )
    combine.add_argument("files", nargs="+", metavar="FILE")
    combine.add_argument("--out", default="-", metavar="FILE", help="default: base64 on stdout")
    add_version(combine)


def add_version(task: argparse.ArgumentParser) -> None:
    """Which version of the format is written."""
    task.add_argument(
        "--psbt-version", type=int, choices=(0, 2), default=0, help="what is written (default: 0)"
    )
