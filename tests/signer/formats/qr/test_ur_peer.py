"""An independent peer, @ngraveio/bc-ur, reads what we write and we read what it writes."""

import pytest

from signer.formats.qr import fountain, parts, peers, ur
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.shower import Shower
from signer.formats.qr.ur import PSBT_TYPES, Ur, UrPart
from tests.signer.formats.qr import node

PACKAGE = "@ngraveio/bc-ur"
PEER = f"""
{node.required(PACKAGE)}
const {{UR, UREncoder, URDecoder}} = peer;
function answer(job) {{
  if (job.read) {{
    const decoder = new URDecoder();
    for (const text of job.read) {{ if (decoder.isComplete()) break; decoder.receivePart(text); }}
    const ur = decoder.isSuccess() ? decoder.resultUR() : null;
    return ur && {{type: ur.type, cbor: ur.cbor.toString('hex')}};
  }}
  const encoder = new UREncoder(new UR(Buffer.from(job.cbor, 'hex'), job.type), job.max, 0, 10);
  return Array.from({{length: job.count}}, () => encoder.nextPart());
}}
"""
pytestmark = node.needs(PACKAGE)

SIZES = (20, 100, 333, 1000, 5000)


def payload(size: int) -> Ur:
    return ur.from_psbt(bytes(i * i % 251 for i in range(size)))


def as_json(ours: Ur) -> dict[str, str]:
    return {"type": ours.type, "cbor": ours.cbor.hex()}


def random_payload(seed: str) -> Ur:
    return Ur("crypto-psbt", node.random_bytes(seed, 1 + node.random_number(seed, 4000)))


def test_the_peer_reads_our_codes_with_every_third_lost_and_without() -> None:
    series = [parts.split(payload(size), 100) for size in SIZES]
    caught = [[text for i, text in enumerate(texts * 3) if i % 3] for texts in series]
    answers = node.answers(PEER, [{"read": texts} for texts in (*series, *caught)])
    assert answers == [as_json(payload(size)) for size in SIZES] * 2


@pytest.mark.parametrize("size", SIZES[2:])
def test_the_peer_writes_the_same_parts_letter_for_letter(size: int) -> None:
    ours = payload(size)
    series = fountain.parts(ours.cbor, 100)
    rendered = [ur.render(UrPart(ours.type, next(series))) for _ in range(150)]
    job = {"cbor": ours.cbor.hex(), "type": ours.type, "max": 100, "count": len(rendered)}
    [theirs] = node.answers(PEER, [job])
    assert isinstance(theirs, list)
    assert [text.upper() for text in theirs] == rendered


@pytest.mark.parametrize("size", SIZES)
def test_we_read_the_peer_s_codes_from_the_middle(size: int) -> None:
    ours = payload(size)
    job = {"cbor": ours.cbor.hex(), "type": "psbt", "max": 100, "count": 200}
    [texts] = node.answers(PEER, [job])
    assert isinstance(texts, list)
    collector = PartCollector(PSBT_TYPES)
    enough = texts[70 : 70 + len(ours.cbor) // 100 + 21]
    [seen] = [whole for text in enough if isinstance(whole := collector.add(text), Ur)][:1]
    assert seen.cbor == ours.cbor


@pytest.mark.parametrize("count", node.TRIPS)
def test_the_peer_reads_random_payloads_as_each_program_is_shown_them(count: int) -> None:
    """Of any QR version, with a fifth of the codes lost; the last peer is one that solves."""
    payloads = [random_payload(f"ours {n}") for n in range(count)]
    jobs = []
    for n, ours in enumerate(payloads):
        shower = Shower(ours, peers.PEERS[n % len(peers.PEERS)], 4 + node.random_number(f"{n}", 17))
        texts = (shower.series.text(k % shower.length) for k in range(9 * shower.series.count + 40))
        jobs.append({"read": [t for k, t in enumerate(texts) if node.random_number(f"{n} {k}", 5)]})
    assert node.answers(PEER, jobs) == [as_json(ours) for ours in payloads]


@pytest.mark.parametrize("count", node.TRIPS)
def test_we_read_random_payloads_of_the_peer(count: int) -> None:
    payloads = [random_payload(f"theirs {n}") for n in range(count)]
    sizes = [30 + node.random_number(f"size {n}", 500) for n in range(count)]
    jobs = [
        {**as_json(whole), "max": size, "count": 4 * (len(whole.cbor) // size + 1) + 30}
        for whole, size in zip(payloads, sizes, strict=True)
    ]
    for n, (texts, whole) in enumerate(zip(node.answers(PEER, jobs), payloads, strict=True)):
        assert isinstance(texts, list)
        collector = PartCollector(PSBT_TYPES)
        caught = [text for k, text in enumerate(texts) if node.random_number(f"{n} {k}", 3)]
        assert whole in [collector.add(text) for text in caught]
