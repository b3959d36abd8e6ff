"""The one reader: bytes or text of any link, file or paste to what they hold.

Tolerant of what means nothing (case where it has none, white space, line ends, byte-order mark,
comments), and of nothing else: who half reads a payload refuses it, with the part that is missing.
"""

import codecs
import re
from typing import Final

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.payload import (
    account_files,
    addresses,
    envelopes,
    keys,
    outputs,
    payments,
    secrets,
)
from signer.formats.payload.values import (
    Form,
    Labels,
    MessageText,
    Named,
    Payload,
    Payment,
    SeedCode,
    SeedForm,
)
from signer.formats.qr import bbqr, numbered
from signer.formats.qr import ur as urs
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.numbered import Numbered, NumberedCollector
from signer.formats.qr.parts import Limits, PartCollector, Progress
from signer.formats.qr.ur import PSBT_TYPES, Ur

LONGEST: Final = 1 << 20  # bytes
UR_TYPES: Final = (*PSBT_TYPES, *outputs.TYPES, "bytes", *secrets.UR_TYPES)
BBQR_KINDS: Final = "PTJUBC"

_UR: Final = re.compile(r"ur:[a-z0-9-]+/[a-z]+", re.IGNORECASE)
_QUOTED: Final = re.compile(r"([\"'`])([^\"'`]+)\1")  # as copied out of a program or a page
_LABELS: Final = re.compile(r'\s*\{[^{}]*"type"\s*:\s*"(?:tx|addr|pubkey|input|output|xpub)"')
_ETHEREUM: Final = re.compile(
    r"(?:ethereum:)?0x[0-9a-f]{40}(?![0-9a-f]).*", re.IGNORECASE | re.DOTALL
)
_LIGHTNING: Final = re.compile(r"(?:lightning:)?ln(?:bc|tb|url)[a-z0-9]+", re.IGNORECASE)
_SILENT: Final = re.compile(r"(?:bitcoin:)?t?sp1[a-z0-9]{100,}", re.IGNORECASE)
_NAMED: Final = (
    (_ETHEREUM, "This is an address of another chain. This device signs bitcoin."),
    (_LIGHTNING, "This is a Lightning request. Your wallet pays it, not this device."),
    (_SILENT, "This is a silent payment address. Your wallet pays to it; it is shown then."),
)
_UNKNOWN: Final = "The code holds something this device does not know."


class Collector:
    """Takes codes of every kind, mixed and in any order, until they make up something whole."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._urs = PartCollector(UR_TYPES, limits)
        self._files = bbqr.BbqrCollector(BBQR_KINDS, limits)
        self._numbered = NumberedCollector(limits)

    def add(self, code: bytes) -> Progress | Ur | BbqrFile | Numbered | bytes:
        """What this code completes, for `read`: itself where it is no part. Raises Malformed."""
        text = code.decode("ascii").strip() if code.isascii() else ""
        if text.startswith(bbqr.START):
            return self._files.add(text)
        if part := numbered.parse(text):
            return self._numbered.add(part)
        return self._urs.add(text) if text[:3].lower() == "ur:" else code

    def reset(self) -> None:
        """Forget every unfinished message."""
        self._urs.reset()
        self._files.reset()
        self._numbered.reset()


def read(payload: bytes | str | Ur | BbqrFile | Numbered) -> Payload:
    """What a whole payload holds. Raises Malformed, naming what is missing or wrong."""
    match payload:
        case Ur():
            return _of_ur(payload, Form.UR)
        case BbqrFile(data=data):
            return _with_form(read(data), Form.BBQR)
        case Numbered("", text):
            return _with_form(read(text), Form.NUMBERED)
        case Numbered(kind, cbor=data):
            return _with_form(_of_ur(Ur(kind, data), Form.UR1), Form.UR1)
        case str():
            return _of_text(payload)
        case bytes():
            return _of_bytes(payload)


def _of_bytes(data: bytes) -> Payload:
    if len(data) > LONGEST:
        raise Malformed(f"It has more than {LONGEST} bytes.")
    if payment := payments.of_bytes(data):
        return payment
    if seed := secrets.code_of(data):
        return seed
    return _of_text(text_of(data))


def text_of(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 by its byte-order mark. Raises Malformed for no text."""
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(_UNKNOWN) from None


def _of_text(text: str) -> Payload:
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\0")
    if not lines:
        raise Malformed("There is nothing in it.")
    if message := addresses.message_of(lines):
        return message
    if _UR.fullmatch(lines):
        return _of_ur(_whole(lines), Form.UR)
    if lines.isascii() and (seed := secrets.code_of(lines.encode("ascii"))):
        return seed
    if address := addresses.address_of(lines):
        return address
    if _LABELS.match(lines):
        return Labels(sum(1 for line in lines.split("\n") if line.strip()))
    for pattern, sentence in _NAMED:
        if pattern.fullmatch(lines):
            return Named(sentence)
    keys.check_public(lines)
    if match := _QUOTED.fullmatch(lines):
        return _of_text(match[2])
    return _account_or_payment(lines)


def _account_or_payment(text: str) -> Payload:
    if message := _message_json(text):
        return message
    if account := account_files.of_text(text):
        return account
    if payment := payments.of_text(text):
        return payment
    if envelope := envelopes.of_text(text):
        return envelope
    raise Malformed(_UNKNOWN)


def _message_json(text: str) -> MessageText | None:
    """Coldcard's form: `{"msg": ..., "subpath": ..., "addr_fmt": ...}`."""
    if '"msg"' not in text:
        return None
    from signer.formats.payload import json_text  # noqa: PLC0415  rare

    match json_text.parse(text):
        case {"msg": str(message), **fields}:
            path, kind = fields.get("subpath", ""), fields.get("addr_fmt", "")
            variants = {"p2wpkh": "wpkh", "p2sh-p2wpkh": "sh(wpkh)", "p2pkh": "pkh", "p2tr": "tr"}
            return MessageText(str(path), message, variants.get(str(kind), ""))
        case _:
            return None


def _whole(text: str) -> Ur:
    match urs.parse(text):
        case Ur() as whole:
            return whole
        case _:
            raise Malformed("This is one part of several. Show the others too.")


def _of_ur(ur: Ur, form: Form) -> Payload:
    if ur.type in PSBT_TYPES:
        return Payment(urs.to_psbt(ur), form)
    if ur.type in outputs.TYPES:
        return outputs.of_ur(ur)
    if ur.type in secrets.UR_TYPES:
        # Read by who keeps keys: here no copy is made of what it holds.
        is_words = ur.type == "crypto-bip39"
        return SeedCode(SeedForm.UR_WORDS if is_words else SeedForm.UR_SEED)
    if ur.type != "bytes":
        raise Malformed(f"A UR of the type {ur.type} is not known here.")
    match cbor.decode(ur.cbor, cbor.LENIENT):
        case bytes(data):
            return _with_form(read(data), Form.UR_BYTES)
        case _:
            raise Malformed("The UR holds no byte string.")


def _with_form(payload: Payload, form: Form) -> Payload:
    return Payment(payload.psbt, form) if isinstance(payload, Payment) else payload
