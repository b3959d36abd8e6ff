"""Labels of transactions, addresses and coins as wallets exchange them (BIP329): JSON Lines."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from host.errors import BadInput
from host.payees.addresses import read_address
from signer.errors import Malformed
from signer.formats.payload import reader

KINDS = ("tx", "addr", "pubkey", "input", "output", "xpub")
LONGEST = 255  # letters of a label
LONGEST_REF = 500
MAX_LABELS = 100_000
MAX_BYTES = 50_000_000
_COIN = re.compile(r"[0-9a-f]{64}:\d{1,10}")
_TXID = re.compile(r"[0-9a-f]{64}")
_UNCHANGED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class Label:
    """What a person wrote to the thing `ref` of that kind.

    `ref` is a txid, an address, "txid:n", a public key or an xpub. `spendable` is said of outputs
    only: False for one that no payment takes, None when nothing is said.
    """

    kind: str
    ref: str
    text: str
    spendable: bool | None = None


def read(data: bytes) -> tuple[Label, ...]:
    """The labels of a file, the last one of each thing. Raises BadInput, which names the line.

    Kinds and fields that are not known here are left aside, as BIP329 asks.
    """
    if len(data) > MAX_BYTES:
        raise BadInput(f"These are more labels than a wallet has. {_UNCHANGED}")
    try:
        lines = reader.text_of(data).splitlines()
    except Malformed as error:
        raise BadInput(f"This is no file of labels: it is no text. {_UNCHANGED}") from error
    labels: dict[tuple[str, str], Label] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and (label := _label(line, number)) is not None:
            labels[label.kind, label.ref] = label
    if len(labels) > MAX_LABELS:
        raise BadInput(f"These are more labels than a wallet has. {_UNCHANGED}")
    return tuple(labels.values())


def write(labels: Iterable[Label]) -> str:
    """One JSON object a line."""
    return "".join(f"{json.dumps(_object(label), ensure_ascii=False)}\n" for label in labels)


def thing(text: str, network: str) -> tuple[str, str]:
    """Kind and name of a txid, an address of that network, or a coin "txid:n". Raises BadInput."""
    name = text.strip()
    if _TXID.fullmatch(name.lower()):
        return "tx", name.lower()
    if _COIN.fullmatch(name.lower()):
        return "output", name.lower()
    try:
        return "addr", read_address(name, network).text
    except BadInput as error:
        raise BadInput(
            f"This is no txid, no coin TXID:N and no address of {network}. {_UNCHANGED}"
        ) from error


def plain(text: str) -> str:
    """A label as one line, with nothing that moves a terminal's cursor, of 255 letters at most."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(visible.split())[:LONGEST]


def _label(line: str, number: int) -> Label | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Line {number} is no JSON object. {_UNCHANGED}") from error
    if not isinstance(record, dict):
        raise BadInput(f"Line {number} is no JSON object. {_UNCHANGED}")
    kind, ref = record.get("type"), record.get("ref")
    text, spendable = record.get("label"), record.get("spendable")
    if not isinstance(kind, str) or not isinstance(ref, str) or not 0 < len(ref) <= LONGEST_REF:
        raise BadInput(f"Line {number} has no type or no ref (BIP329). {_UNCHANGED}")
    if not isinstance(text, str | None) or not isinstance(spendable, bool | None):
        raise BadInput(f"Line {number} has a label or spendable of another kind. {_UNCHANGED}")
    if kind not in KINDS or not ref.isprintable():
        return None
    if kind == "output" and not _COIN.fullmatch(ref):
        raise BadInput(f"Line {number} has an output that is not TXID:N. {_UNCHANGED}")
    is_coin = kind == "output"
    label = Label(kind, ref, plain(text or ""), spendable if is_coin else None)
    return label if label.text or label.spendable is not None else None


def _object(label: Label) -> dict[str, object]:
    fields: dict[str, object] = {"type": label.kind, "ref": label.ref}
    if label.text:
        fields["label"] = label.text
    if label.spendable is not None:
        fields["spendable"] = label.spendable
    return fields
