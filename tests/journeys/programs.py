"""Programs that people pay with, as a signer across the gap sees them: what each sends and reads.

From their sources. A key that was read is `[fingerprint/path]xpub`.
"""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.formats import base58, cbor
from signer.formats.cbor import Tag, Value
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.qr import bbqr, numbered, parts, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.ur import Ur
from tests.journeys import readers
from tests.journeys.readers import PartReader, TextReader, UrReader, cbor_bytes

Codes = Sequence[str]
AnyReader = UrReader | TextReader | PartReader
KEY = r"\[[0-9a-f]{8}(?:/\d+h)+\]xpub[1-9A-HJ-NP-Za-km-z]+"
_SCRIPTS = {400: "sh", 401: "wsh", 403: "pkh", 404: "wpkh", 409: "tr"}


def with_checksum(descriptor: str) -> str:
    return f"{descriptor}#{checksum_of(descriptor)}"


@dataclass(frozen=True)
class Program:
    """`peer` is how the device is told of it; a code of its own stands `period_s`.

    `fragment` is how many bytes of a UR it puts into a code.
    """

    name: str
    peer: str
    period_s: float = 0.2
    fragment: int = 400
    window: tuple[int, int] = (80, 24)  # of the device's terminal

    def account_title(self, script: str) -> str:
        """Which of the device's codes to pair by it asks a person to show."""
        return "Multisig on" if script == "wsh" else "Account on"

    def account_reader(self, _script: str) -> AnyReader:
        return UrReader("crypto-account")

    def key(self, payload: bytes, script: str) -> str:
        """The key of the account, of what was read of the device."""
        return next(key for kind, key in keys_of(payload) if kind == script)

    def registration(self, descriptor: str) -> Codes:
        """How it tells a signer of an account of several keys."""
        return (with_checksum(descriptor),)

    def address(self, address: str) -> str:
        return address

    def request(self, psbt: bytes, _script: str) -> Codes:
        return parts.split(ur.from_psbt(trimmed(psbt, fields.NON_WITNESS_UTXO)), self.fragment)

    def answer_reader(self, _script: str) -> AnyReader:
        return UrReader("crypto-psbt")

    def answer(self, payload: bytes, _script: str) -> bytes:
        return cbor_bytes(payload)


class Sparrow(Program):
    """Leaves previous transactions out, names the keys of joint accounts, reads every UR."""

    def registration(self, descriptor: str) -> Codes:
        keys: Value = [hdkey(text) for text in re.findall(KEY, descriptor)]
        output = Tag(401, Tag(407, {1: 2, 2: keys}))
        return parts.split(Ur("crypto-output", cbor.encode(output)), self.fragment)

    def answer_reader(self, _script: str) -> UrReader:
        return UrReader("crypto-psbt", "psbt", "bytes")


class BlueWallet(Program):
    """Only pure parts, round and round; a taproot key as text alone."""

    def account_title(self, script: str) -> str:
        return "tr as text" if script == "tr" else super().account_title(script)

    def account_reader(self, script: str) -> AnyReader:
        return TextReader(KEY) if script == "tr" else super().account_reader(script)

    def key(self, payload: bytes, script: str) -> str:
        if script == "tr":
            return payload.decode()
        # It takes the depth from the key path's third field, and the kind from the first output.
        outputs = cbor.decode(payload, cbor.LENIENT)[2]  # type: ignore[index,call-overload]
        kind, value = unwrapped(outputs[0])  # type: ignore[index]
        assert kind == script
        depth = value[6].value.get(3, 0)
        return serialized(payload, value, depth)

    def registration(self, descriptor: str) -> Codes:
        file = setup_file(descriptor)
        texts = parts.split(Ur("bytes", cbor.encode(file.encode())), self.fragment)
        return texts[: max(1, len(texts) // 2)]

    def address(self, address: str) -> str:
        return f"bitcoin:{address}"

    def request(self, psbt: bytes, script: str) -> Codes:
        texts = super().request(trimmed(psbt, fields.SIGHASH), script)
        return texts[: max(1, len(texts) // 2)]


class Nunchuk(Program):
    """Sends previous transactions; its accounts as BSMS in BBQr."""

    def registration(self, descriptor: str) -> Codes:
        account = f"BSMS 1.0\n{descriptor.replace('/<0;1>/*', '/**')}\n/0/*,/1/*\n"
        return bbqr.split(BbqrFile("U", account.encode()), 10)

    def request(self, psbt: bytes, _script: str) -> Codes:
        return parts.split(ur.from_psbt(psbt), self.fragment)


class Krux(Program):
    """Its own forms: keys as text, payments numbered, in BBQr or as UR, answered as asked."""

    def account_title(self, script: str) -> str:
        return "Multisig as text" if script == "wsh" else f"{script} as text"

    def account_reader(self, _script: str) -> TextReader:
        return TextReader(KEY)

    def key(self, payload: bytes, _script: str) -> str:
        return payload.decode()

    def address(self, address: str) -> str:
        return f"BITCOIN:{address.upper()}"

    def request(self, psbt: bytes, script: str) -> Codes:
        match script:
            case "wpkh":
                return numbered.split(b64encode(psbt).decode(), 100)
            case "tr":
                return bbqr.split(BbqrFile("P", psbt), 10)
            case _:
                return super().request(psbt, script)

    def answer_reader(self, script: str) -> AnyReader:
        match script:
            case "wpkh":
                return readers.numbered()
            case "tr":
                return readers.bbqr("P")
            case _:
                return super().answer_reader(script)

    def answer(self, payload: bytes, script: str) -> bytes:
        return payload if script in ("wpkh", "tr") else super().answer(payload, script)


class SeedSigner(Program):
    """Its seeds as SeedQR, into a signer that has none; small parts, and Specter's accounts."""

    def registration(self, descriptor: str) -> Codes:
        receiving = with_checksum(descriptor.replace("<0;1>", "0"))
        file = json.dumps({"label": "Vault", "blockheight": 800_000, "descriptor": receiving})
        return numbered.split(file, 120)


PROGRAMS = (
    Sparrow("Sparrow", "sparrow", window=(120, 40)),
    BlueWallet("BlueWallet", "bluewallet", 0.2, 175, (100, 30)),
    Nunchuk("Nunchuk", "nunchuk", 0.15, 200, (100, 30)),
    Krux("Krux", "any", 0.2, 100),
    SeedSigner("SeedSigner", "seedsigner", 0.2, 120),
)


def keys_of(payload: bytes) -> list[tuple[str, str]]:
    """What the outputs of a crypto-account are for, and their keys (BCR-2020-015)."""
    outputs = cbor.decode(payload, cbor.LENIENT)[2]  # type: ignore[index,call-overload]
    keys = []
    for output in outputs:  # type: ignore[union-attr]
        kind, value = unwrapped(output)
        keys.append((kind, serialized(payload, value, len(value[6].value[1]) // 2)))
    return keys


def unwrapped(output: Value) -> tuple[str, dict]:
    kind = ""
    while isinstance(output, Tag) and output.number in _SCRIPTS:
        kind, output = _SCRIPTS[output.number], output.value
    assert isinstance(output, Tag)
    assert isinstance(output.value, dict)
    return kind, output.value


def serialized(payload: bytes, value: dict, depth: int) -> str:
    """The key in BIP32's form, of the fields of an hdkey (BCR-2020-007)."""
    fingerprint = cbor.decode(payload, cbor.LENIENT)[1]  # type: ignore[index,call-overload]
    steps = value[6].value[1]
    path = [f"{index}h" for index in steps[::2]]
    child = (steps[-2] + (1 << 31)).to_bytes(4, "big")
    parent = value[8].to_bytes(4, "big")
    raw = bytes.fromhex("0488b21e") + bytes([depth]) + parent + child + value[4] + value[3]
    return f"[{fingerprint:08x}/{'/'.join(path)}]{base58.encode_check(raw)}"


def hdkey(text: str) -> Value:
    """A key of several as an hdkey: of a path, with a fingerprint, below it receive and change."""
    origin, _, xpub = text[1:].partition("]")
    fingerprint, *steps = origin.split("/")
    raw = base58.decode_check(xpub)
    path: list[Value] = []
    for step in steps:
        path += [int(step.rstrip("h")), step.endswith("h")]
    return Tag(
        303,
        {
            3: raw[45:],
            4: raw[13:45],
            6: Tag(304, {1: path, 2: int(fingerprint, 16), 3: len(steps)}),
            8: int.from_bytes(raw[5:9], "big"),
        },
    )


def setup_file(descriptor: str) -> str:
    """Coldcard's file of a joint account."""
    keys = [text[1:].partition("]") for text in re.findall(KEY, descriptor)]
    paths = {origin.partition("/")[2].replace("h", "'") for origin, _, _ in keys}
    head = f"Name: Vault\nPolicy: 2 of {len(keys)}\nDerivation: m/{paths.pop()}\nFormat: P2WSH\n\n"
    return head + "".join(f"{origin[:8].upper()}: {xpub}\n" for origin, _, xpub in keys)


def trimmed(psbt: bytes, *kinds: int) -> bytes:
    """Without these fields of inputs."""
    request: Psbt = container.parse(psbt)
    inputs = tuple(
        Map({key: value for key, value in records.records if key[0] not in kinds})
        for records in request.inputs
    )
    return Psbt(
        request.tx, request.unsigned_tx, request.globals, inputs, request.outputs, request.version
    ).encode()
