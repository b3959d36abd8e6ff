"""The format's authors read what we write and we read what they write, by their npm package bbqr.

Skipped where node or the package is absent; `bash .ci/peers` fetches the package. (The package of
that name for Python is another project's.)
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from signer.formats.qr import bbqr
from signer.formats.qr.bbqr import BbqrCollector, BbqrFile
from tests.signer.published import ROOT

PEERS = Path(os.environ.get("QUIETKEY_PEERS", ROOT / ".peers"))
MODULE = PEERS / "node_modules" / "bbqr" / "dist" / "bbqr.js"
NODE = shutil.which("node") or ""
pytestmark = pytest.mark.skipif(
    not (NODE and MODULE.exists()), reason="node or its package bbqr is absent"
)

PEER = """
import {readFileSync} from 'fs';
const job = JSON.parse(readFileSync(0));
const bbqr = await import(job.module);
if (job.read) {
  const whole = bbqr.joinQRs(job.read);
  const data = Buffer.from(whole.raw).toString('hex');
  console.log(JSON.stringify({kind: whole.fileType, data}));
} else {
  const options = {encoding: job.encoding, maxVersion: job.version, minVersion: job.version};
  const made = bbqr.splitQRs(Uint8Array.from(Buffer.from(job.data, 'hex')), job.kind, options);
  console.log(JSON.stringify(made.parts));
}
"""

SIZES = (1, 20, 333, 5000)
CASES = [(size, encoding) for size in SIZES for encoding in "H2Z"]


def peer(**job: object) -> object:
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", PEER],
        input=json.dumps(job | {"module": MODULE.as_uri()}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def payload(size: int) -> BbqrFile:
    return BbqrFile("P", bytes(i * i % 251 for i in range(size)))


@pytest.mark.parametrize(("size", "encoding"), CASES)
def test_the_peer_reads_our_codes(size: int, encoding: str) -> None:
    ours = payload(size)
    texts = bbqr.split(ours, 10, encoding)
    assert peer(read=texts[::-1]) == {"kind": "P", "data": ours.data.hex()}


@pytest.mark.parametrize(("size", "encoding"), CASES)
def test_we_read_the_codes_of_the_peer(size: int, encoding: str) -> None:
    whole = payload(size)
    texts = peer(data=whole.data.hex(), kind="P", encoding=encoding, version=10)
    assert isinstance(texts, list)
    collector = BbqrCollector("P")
    assert [collector.add(text) for text in texts][-1] == whole
    assert len(texts) == len(bbqr.split(whole, 10, texts[0][2]))
