"""`quietkey psbt show`: the device's program reads a payment without keys, in its own process."""

import argparse
import json
import shutil
import subprocess
import sys
from typing import Any

from host import diagram, flows, psbt_files
from host.config import HomeFolder
from host.diagram import TransactionFlow
from host.errors import BadInput, HostError
from host.settings import WalletSettings, load

_CHAIN = "bitcoin"
_LONGEST_SECONDS = 60.0
_LETTERS = 4  # an address is read in groups of so many
Answer = dict[str, Any]


def run(args: argparse.Namespace) -> int:
    """Print the pages of a PSBT. The exit status. Raises HostError."""
    payload = psbt_files.binary_form(psbt_files.read_bytes(args.file))
    network = args.network or _usual_network()
    answer = _read(payload, network)
    if "refused" in answer:
        raise BadInput(_refusal(answer["refused"], args.network))
    flow = flows.of_psbt(psbt_files.read_psbt(payload), network)
    if args.json:
        text = json.dumps({"network": network, **answer, "flow": _flow_data(flow)})
    else:
        picture = diagram.draw(flow, shutil.get_terminal_size().columns) if args.diagram else ()
        text = "\n\n".join(filter(None, (_text(answer["pages"]), "\n".join(picture))))
    sys.stdout.write(f"{text}\n")
    return 0


def _flow_data(flow: TransactionFlow) -> Answer:
    """The picture, for programs and for who cannot see it."""
    inputs = [
        {"outpoint": coin.outpoint, "sats": coin.sats, "address": coin.address}
        for coin in flow.inputs
    ]
    outputs = [{"sats": coin.sats, "address": coin.address} for coin in flow.outputs]
    return {"inputs": inputs, "outputs": outputs, "fee_sats": flow.fee_sats}


def _usual_network() -> str:
    settings = load(HomeFolder.default().root)
    return settings.wallets.get(settings.wallet, WalletSettings()).network


def _read(payload: bytes, network: str) -> Answer:
    command = [sys.executable, "-m", "firmware_emu.review", _CHAIN, network]
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter, no shell
            command, input=payload, capture_output=True, check=True, timeout=_LONGEST_SECONDS
        )
        answer: Answer = json.loads(child.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise HostError("The device's program could not read it. Nothing was changed.") from error
    return answer


def _refusal(refused: Answer, typed_network: str | None) -> str:
    """The device's sentences, and how this command names a network."""
    sentences = [refused["title"].rstrip(".") + ".", *refused["sentences"]]
    if refused["code"] == "WRONG_NETWORK":
        sentences[-1] = f"Name {'another' if typed_network else 'it'} with --network."
    return " ".join(sentences)


def _text(pages: list[Answer]) -> str:
    return "\n\n".join("\n".join((_title(page), *map(_line, page["facts"]))) for page in pages)


def _title(page: Answer) -> str:
    title: str = page["title"]
    return f"Warning: {title}" if page["kind"] == "warning" else title


def _line(fact: Answer) -> str:
    value = fact["value"]
    if fact["shape"] == "address":
        value = " ".join(value[i : i + _LETTERS] for i in range(0, len(value), _LETTERS))
    return f"  {fact['label']} {value}" if fact["label"] else f"  {value}"
