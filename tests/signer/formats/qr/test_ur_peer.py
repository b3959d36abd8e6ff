"""An independent peer, @ngraveio/bc-ur, reads what we write and we read what it writes.

Skipped where node or the package is absent; `bash .ci/peers` fetches the package.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from signer.formats.qr import fountain, parts, ur
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.ur import PSBT_TYPES, Ur, UrPart
from tests.signer.published import ROOT

PEER = """
const {UR, UREncoder, URDecoder} = require('@ngraveio/bc-ur');
const job = JSON.parse(require('fs').readFileSync(0));
if (job.read) {
  const decoder = new URDecoder();
  for (const text of job.read) { if (decoder.isComplete()) break; decoder.receivePart(text); }
  const ur = decoder.isSuccess() ? decoder.resultUR() : null;
  console.log(JSON.stringify(ur && {type: ur.type, cbor: ur.cbor.toString('hex')}));
} else {
  const encoder = new UREncoder(new UR(Buffer.from(job.cbor, 'hex'), job.type), job.max, 0, 10);
  const texts = Array.from({length: job.count}, () => encoder.nextPart());
  console.log(JSON.stringify(texts));
}
"""


PEERS = Path(os.environ.get("QUIETKEY_PEERS", ROOT / ".peers"))
PLACES = os.environ | {"NODE_PATH": str(PEERS / "node_modules")}


def peer(job: object) -> object:
    run = subprocess.run(
        [NODE, "-e", PEER],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        env=PLACES,
    )
    return json.loads(run.stdout)


NODE = shutil.which("node") or ""
FOUND = (
    NODE
    and not subprocess.run(
        [NODE, "-e", "require('@ngraveio/bc-ur')"], capture_output=True, check=False, env=PLACES
    ).returncode
)
pytestmark = pytest.mark.skipif(not FOUND, reason="node or its package @ngraveio/bc-ur is absent")

SIZES = (20, 100, 333, 1000, 5000)


def payload(size: int) -> Ur:
    return ur.from_psbt(bytes(i * i % 251 for i in range(size)))


@pytest.mark.parametrize("size", SIZES)
def test_the_peer_reads_our_codes(size: int) -> None:
    ours = payload(size)
    texts = parts.split(ours, 100)
    assert peer({"read": texts}) == {"type": ours.type, "cbor": ours.cbor.hex()}


@pytest.mark.parametrize("size", SIZES)
def test_the_peer_reads_our_codes_with_every_third_lost(size: int) -> None:
    ours = payload(size)
    texts = parts.split(ours, 100)
    caught = [text for i, text in enumerate(texts * 3) if i % 3]
    assert peer({"read": caught}) == {"type": ours.type, "cbor": ours.cbor.hex()}


@pytest.mark.parametrize("size", SIZES[2:])
def test_the_peer_writes_the_same_parts_letter_for_letter(size: int) -> None:
    ours = payload(size)
    series = fountain.parts(ours.cbor, 100)
    rendered = [ur.render(UrPart(ours.type, next(series))) for _ in range(150)]
    theirs = peer({"cbor": ours.cbor.hex(), "type": ours.type, "max": 100, "count": len(rendered)})
    assert isinstance(theirs, list)
    assert [text.upper() for text in theirs] == rendered


@pytest.mark.parametrize("size", SIZES)
def test_we_read_the_peer_s_codes_from_the_middle(size: int) -> None:
    ours = payload(size)
    texts = peer({"cbor": ours.cbor.hex(), "type": "psbt", "max": 100, "count": 200})
    assert isinstance(texts, list)
    collector = PartCollector(PSBT_TYPES)
    enough = texts[70 : 70 + len(ours.cbor) // 100 + 21]
    [seen] = [whole for text in enough if isinstance(whole := collector.add(text), Ur)][:1]
    assert seen.cbor == ours.cbor
