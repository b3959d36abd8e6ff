"""What is taken from a PSBT that comes back: signatures, and nothing else."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import WalletError
from host.psbt import PsbtMaps, merge_signatures
from signer.errors import Malformed
from tests.wallets import STRANGER, fund, paired, sign


@cache
def pair(script: str) -> tuple[bytes, bytes]:
    """A draft with two inputs, and the same signed."""
    with TemporaryDirectory() as folder:
        wallet = paired(Path(folder), script)
        for number in range(2):
            fund(wallet, 20_000, number)
        draft = wallet.draft(STRANGER, 30_000, 1)
        wallet.close()
    return draft.psbt, sign(draft.psbt)


scripts = st.sampled_from(["wpkh", "tr"])


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_a_psbt_reads_back_as_the_same_bytes(script: str) -> None:
    for raw in pair(script):
        assert PsbtMaps.parse(raw).encode() == raw


@given(scripts, st.data())
def test_whatever_comes_back_changed_only_signatures_are_taken(
    script: str, data: st.DataObject
) -> None:
    draft, signed = pair(script)
    place = data.draw(st.integers(0, len(signed) - 1))
    changed = bytearray(signed)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        merged = merge_signatures(draft, bytes(changed))
    except WalletError:
        return
    without = tuple(
        {k: v for k, v in one.items() if k[0] not in {0x02, 0x13}} for one in merged.inputs
    )
    assert PsbtMaps(merged.top, without, merged.outputs).encode() == draft


@given(scripts, st.data())
def test_a_psbt_cut_short_or_grown_is_not_read(script: str, data: st.DataObject) -> None:
    _, signed = pair(script)
    cut = signed[: data.draw(st.integers(0, len(signed) - 1))]
    grown = signed + data.draw(st.binary(min_size=1, max_size=50))
    for wrong in (cut, grown):
        with pytest.raises(Malformed):
            PsbtMaps.parse(wrong)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(data: bytes) -> None:
    for raw in (data, b"psbt\xff" + data, pair("wpkh")[0][:90] + data):
        with pytest.raises(Malformed):
            PsbtMaps.parse(raw)


def test_a_key_that_is_there_twice_is_not_read() -> None:
    draft, _ = pair("wpkh")
    doubled = draft[:-1] + b"\x01\xf0\x01\x00\x01\xf0\x01\x01\x00"
    once = draft[:-1] + b"\x01\xf0\x01\x00\x00"
    assert PsbtMaps.parse(once).encode() == once
    with pytest.raises(Malformed, match="twice"):
        PsbtMaps.parse(doubled)


def test_a_payment_that_came_back_as_it_was_is_said_to_be_for_other_keys() -> None:
    draft, _ = pair("wpkh")
    with pytest.raises(WalletError, match="found nothing to sign: it has other keys"):
        merge_signatures(draft, draft)


def test_one_of_two_signatures_is_not_enough() -> None:
    draft, signed = pair("wpkh")
    whole, ours = PsbtMaps.parse(signed), PsbtMaps.parse(draft)
    half = PsbtMaps(whole.top, (whole.inputs[0], ours.inputs[1]), whole.outputs)
    with pytest.raises(WalletError, match="Not every coin was signed"):
        merge_signatures(draft, half.encode())
