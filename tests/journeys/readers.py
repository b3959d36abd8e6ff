"""Eyes of other programs: what each takes for whole, written apart from the product's own."""

import binascii
import json
import os
import re
import shutil
import subprocess
import zlib
from base64 import b32decode, b64decode
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pytest

from tests.panes import ROOT

PEELER = """
const {URDecoder} = require('@ngraveio/bc-ur');
let decoder = new URDecoder();
require('readline').createInterface({input: process.stdin}).on('line', line => {
  try { decoder.receivePart(line); } catch (error) { }
  if (!decoder.isSuccess()) { console.log('null'); return; }
  const ur = decoder.resultUR();
  decoder = new URDecoder();
  console.log(JSON.stringify({type: ur.type, cbor: ur.cbor.toString('hex')}));
});
"""
MODULES = os.environ.get("QUIETKEY_PEERS", str(ROOT / ".peers")) + "/node_modules"


class UrReader:
    """@ngraveio/bc-ur, which only peels, as the decoders of phones and of Sparrow do.

    `types` are those that the program knows; the payload is the CBOR of the first that comes.
    """

    def __init__(self, *types: str) -> None:
        self._types = types
        node = shutil.which("node")
        if node is None or not os.path.isdir(f"{MODULES}/@ngraveio"):  # noqa: PTH112
            pytest.skip("node or its package @ngraveio/bc-ur is absent")
        self._node = subprocess.Popen(
            [node, "-e", PEELER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"NODE_PATH": MODULES},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._node.kill()
        self._node.communicate()

    def feed(self, code: bytes) -> bytes | None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(code.decode("ascii", "replace").replace("\n", "") + "\n")
        self._node.stdin.flush()
        ur = json.loads(self._node.stdout.readline())
        return bytes.fromhex(ur["cbor"]) if ur and ur["type"] in self._types else None


class TextReader:
    """One code that says it all, of this form."""

    def __init__(self, form: str) -> None:
        self._form = re.compile(form)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def feed(self, code: bytes) -> bytes | None:
        return code if self._form.fullmatch(code.decode("utf-8", "replace")) else None


class PartReader:
    """Codes that say which of how many they are, and are joined once all are there."""

    def __init__(self, form: str, base: int, join: Callable[[list[str]], bytes]) -> None:
        self._form, self._base, self._join = re.compile(form), base, join
        self._parts: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def feed(self, code: bytes) -> bytes | None:
        match = self._form.fullmatch(code.decode("utf-8", "replace"))
        if match is None:
            return None
        self._parts[int(match["index"], self._base)] = match["body"]
        if len(self._parts) < int(match["count"], self._base):
            return None
        return self._join([body for _, body in sorted(self._parts.items())])


def numbered() -> PartReader:
    """`pMofN` in base64, from 1, without a checksum: Specter's, and Krux's."""
    form = r"p(?P<index>\d+)of(?P<count>\d+) (?P<body>[A-Za-z0-9+/=]+)"
    return PartReader(form, 10, lambda bodies: b64decode("".join(bodies)))


def bbqr(kind: str) -> PartReader:
    """BBQr as its paper has it: base32 behind raw deflate with a window of 1 KB."""
    form = rf"B\$Z{kind}(?P<count>[0-9A-Z]{{2}})(?P<index>[0-9A-Z]{{2}})(?P<body>[A-Z2-7]+)"
    return PartReader(form, 36, lambda bodies: zlib.decompress(_base32("".join(bodies)), -10))


def _base32(text: str) -> bytes:
    return b32decode(text + "=" * (-len(text) % 8))


def cbor_bytes(cbor: bytes) -> bytes:
    """What a CBOR byte string holds (RFC 8949, 3.1)."""
    if cbor[0] >> 5 != 2:
        raise binascii.Error("no byte string")
    size = cbor[0] & 31
    width = {24: 1, 25: 2, 26: 4}.get(size, 0)
    length = int.from_bytes(cbor[1 : 1 + width], "big") if width else size
    body = cbor[1 + width :]
    assert len(body) == length
    return body
