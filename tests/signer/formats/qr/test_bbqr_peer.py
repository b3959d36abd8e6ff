"""The format's authors read what we write and we read what they write, by their npm package bbqr.

(The package of that name for Python is another project's.)
"""

import json

import pytest

from signer.formats.qr import bbqr
from signer.formats.qr.bbqr import BbqrCollector, BbqrFile
from tests.signer.formats.qr import node

PACKAGE = "bbqr"
MODULE = node.PEERS / "node_modules" / PACKAGE / "dist" / "bbqr.js"
PEER = f"""
import * as bbqr from {json.dumps(MODULE.as_uri())};
function answer(job) {{
  if (job.read) {{
    const whole = bbqr.joinQRs(job.read);
    return {{kind: whole.fileType, data: Buffer.from(whole.raw).toString('hex')}};
  }}
  const options = {{encoding: job.encoding, maxVersion: job.version, minVersion: job.version}};
  return bbqr.splitQRs(Uint8Array.from(Buffer.from(job.data, 'hex')), job.kind, options).parts;
}}
"""
pytestmark = node.needs(PACKAGE)

SIZES = (1, 20, 333, 5000)
CASES = [(size, encoding) for size in SIZES for encoding in "H2Z"]


def payload(size: int) -> BbqrFile:
    return BbqrFile("P", bytes(i * i % 251 for i in range(size)))


def as_json(file: BbqrFile) -> dict[str, str]:
    return {"kind": file.kind, "data": file.data.hex()}


def random_file(seed: str) -> tuple[BbqrFile, str, int]:
    """Some of it repeats, so that deflate has something to do; an encoding, and a QR version."""
    size = 1 + node.random_number(seed, 6000)
    data = (node.random_bytes(seed, 1 + node.random_number(f"period {seed}", size)) * size)[:size]
    kind = "PTJUBC"[node.random_number(f"kind {seed}", 6)]
    encoding = "H2Z"[node.random_number(f"encoding {seed}", 3)]
    return BbqrFile(kind, data), encoding, 5 + node.random_number(f"version {seed}", 25)


def test_the_peer_reads_our_codes() -> None:
    jobs = [{"read": bbqr.split(payload(size), 10, encoding)[::-1]} for size, encoding in CASES]
    assert node.answers(PEER, jobs) == [as_json(payload(size)) for size, _ in CASES]


def test_we_read_the_codes_of_the_peer() -> None:
    jobs = [
        {**as_json(payload(size)), "encoding": encoding, "version": 10} for size, encoding in CASES
    ]
    for texts, (size, _) in zip(node.answers(PEER, jobs), CASES, strict=True):
        assert isinstance(texts, list)
        collector = BbqrCollector("P")
        assert [collector.add(text) for text in texts][-1] == payload(size)
        assert len(texts) == len(bbqr.split(payload(size), 10, texts[0][2]))


@pytest.mark.parametrize("count", node.TRIPS)
def test_the_peer_reads_random_files_of_ours(count: int) -> None:
    files = [random_file(f"ours {n}") for n in range(count)]
    jobs = [{"read": bbqr.split(file, version, encoding)} for file, encoding, version in files]
    assert node.answers(PEER, jobs) == [as_json(file) for file, _, _ in files]


@pytest.mark.parametrize("count", node.TRIPS)
def test_we_read_random_files_of_the_peer(count: int) -> None:
    files = [random_file(f"theirs {n}") for n in range(count)]
    jobs = [
        {**as_json(file), "encoding": encoding, "version": version}
        for file, encoding, version in files
    ]
    for texts, (file, _, _) in zip(node.answers(PEER, jobs), files, strict=True):
        assert isinstance(texts, list)
        collector = BbqrCollector("PTJUBC")
        assert [collector.add(text) for text in reversed(texts)][-1] == file
