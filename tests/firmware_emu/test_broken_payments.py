"""A payment that cannot be read: the panel says what is wrong with it, and what to do."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_emu.screens.home import Home
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from tests import psbts
from tests.desk import Desk, unlocked_desk

WHOLE = psbts.build(psbts.keyring(), 1)


def with_value(part: str, kind: int, value: bytes) -> bytes:
    """The payment with another value in the first field of this kind."""
    psbt = container.parse(WHOLE)
    maps = {"input": psbt.inputs, "output": psbt.outputs[::-1], "head": (psbt.globals,)}[part]
    changed = [
        {key: value if key[0] == kind else old for key, old in psbt_map.fields.items()}
        for psbt_map in maps
    ]
    altered = tuple(map(Map, changed))
    inputs = altered if part == "input" else psbt.inputs
    outputs = altered[::-1] if part == "output" else psbt.outputs
    head = altered[0] if part == "head" else psbt.globals
    return Psbt(psbt.tx, psbt.unsigned_tx, head, inputs, outputs, 0).encode()


BROKEN = {
    "cut": (WHOLE[:-10], "It is cut off: "),
    "longer": (WHOLE + b"\0\0", "2 bytes left over at byte"),
    "path": (with_value("input", 6, b"abc"), "Input 1: PSBT field 0x06 (key path) has the wrong"),
    "coin": (with_value("input", 1, b"abc"), "Input 1: PSBT field 0x01 (coin) has the wrong form."),
    "change": (with_value("output", 2, b"abc"), "Output 2: PSBT field 0x02 (key path) has the"),
    "transaction": (with_value("head", 0, b"\2\0\0\0\1"), "do not fit what follows."),
}


def read_of(desk: Desk, data: bytes) -> str:
    desk.plug("air", "camera").send(b64encode(data))
    text = " ".join(desk.text.split())
    for _ in range(9):
        if not isinstance(desk.screen, Home):
            desk.press("stop")
    desk.tick(3.0)
    return text


@pytest.fixture(scope="module")
def desk() -> Desk:
    return unlocked_desk(network="regtest")


@pytest.mark.parametrize("name", BROKEN)
def test_the_panel_says_which_field_is_wrong_and_what_to_do(desk: Desk, name: str) -> None:
    data, sentence = BROKEN[name]
    text = read_of(desk, data)
    assert text.startswith("Refused The request cannot be read.")
    assert sentence in text
    assert text.endswith("Nothing was signed. Export it again and show that. done ✓")


@settings(max_examples=40)
@given(st.integers(5, len(WHOLE) - 1), st.integers(0, 255))
def test_whatever_is_wrong_the_sentence_fits_the_panel(desk: Desk, at: int, byte: int) -> None:
    text = read_of(desk, WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :])
    if "cannot be read" in text:
        assert text.endswith("Export it again and show that. done ✓")
        assert " -" not in text
