import json
from pathlib import Path

import pytest

from host.p2p.blocks import Block
from host.p2p.filters import basic_filter, filter_header, siphash

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "bip158.json").read_text(encoding="utf-8")
)
CASES = [pytest.param(case, id=case["id"]) for case in VECTORS["cases"]]


def _wire(shown: str) -> bytes:
    return bytes.fromhex(shown)[::-1]


@pytest.mark.parametrize("case", CASES)
def test_a_published_block_has_its_published_filter(case: dict) -> None:
    block = Block.parse(bytes.fromhex(case["block"]))
    created = [out.script_pubkey for each in block.transactions for out in each.outputs]
    spent = [bytes.fromhex(script) for script in case["spent_scripts"]]
    made = basic_filter(block.hash, created, spent)
    assert made.hex() == case["filter"]
    assert filter_header(made, _wire(case["previous_header"])) == _wire(case["header"])


@pytest.mark.parametrize("case", CASES)
def test_a_published_block_reads_back_and_has_its_published_hash(case: dict) -> None:
    raw = bytes.fromhex(case["block"])
    assert Block.parse(raw).encode() == raw
    assert Block.parse(raw).hash == _wire(case["block_hash"])


def test_siphash_gives_the_number_of_its_paper() -> None:
    # Aumasson, Bernstein: SipHash, appendix A
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    assert siphash(key, bytes(range(15))) == 0xA129CA6149BE45E5


def test_what_can_never_be_spent_is_not_in_the_filter() -> None:
    some_hash = bytes(range(32))
    data_only = b"\x6a\x04test"
    assert basic_filter(some_hash, [data_only, b""], [b""]) == b"\x00"


def test_a_script_that_is_made_and_spent_counts_once() -> None:
    some_hash, script = bytes(range(32)), b"\x51"
    once = basic_filter(some_hash, [script], [])
    assert basic_filter(some_hash, [script, script], [script]) == once
