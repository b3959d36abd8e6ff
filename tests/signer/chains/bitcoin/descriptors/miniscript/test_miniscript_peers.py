"""Random miniscripts are to us what they are to other people's code: script, sanity, size."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.miniscript import Context, Fragment, parse
from signer.chains.bitcoin.descriptors.spend_data import leaf_hash
from signer.chains.bitcoin.transactions import script
from signer.formats.cursor import compact_size
from signer.keys import curve
from tests import miniscripts

CASES = settings(max_examples=200)
contexts = st.sampled_from(Context)


def key(text: str) -> bytes:
    return bytes.fromhex(miniscripts.KEYS[int(text[1:])])


def compiled(ours: Fragment[bytes]) -> bytes:
    return ours.compile(lambda known: known[-ours.context.key_bytes :])


def script_pubkey(ours: Fragment[bytes]) -> bytes:
    match ours.context:
        case Context.WSH:
            return script.p2wsh(sha256(compiled(ours)).digest())
        case Context.TAPSCRIPT:
            internal = bytes.fromhex(miniscripts.NUMS)
            return script.p2tr(curve.taproot_output_key(internal, leaf_hash(compiled(ours))))


def script_pubkey_there(theirs: Any) -> bytes:  # noqa: ANN401
    regtest = pytest.importorskip("bdkpython").Network.REGTEST
    return bytes(theirs.derive_address(0, regtest).script_pubkey().to_bytes())


@CASES
@given(contexts, st.data())
def test_bdk_calls_the_same_ones_sane(context: Context, data: st.DataObject) -> None:
    text = data.draw(miniscripts.texts(context))
    theirs = miniscripts.at_bdk(text, context)
    assert miniscripts.is_sane(text, context) == (theirs is not None)


@CASES
@given(contexts, st.data())
def test_bdk_locks_coins_to_the_same_script(context: Context, data: st.DataObject) -> None:
    text = data.draw(miniscripts.sane_texts(context))
    theirs = miniscripts.at_bdk(text, context)
    assert theirs is not None
    assert script_pubkey_there(theirs) == script_pubkey(parse(text, context, key))


@given(miniscripts.sane_texts(Context.WSH).filter(lambda text: "thresh" not in text))
def test_bdk_expects_a_witness_of_the_same_size(text: str) -> None:
    ours = parse(text, Context.WSH, key)
    witness_script = compiled(ours)
    frame = len(compact_size(len(witness_script))) + len(witness_script)
    theirs = miniscripts.at_bdk(text, Context.WSH).max_weight_to_satisfy()
    assert theirs == ours.max_witness_bytes + frame


def speaks_of_1(text: str) -> bool:
    return any(fragment.name == "1" for fragment in parse(text, Context.WSH, key).walk())


@CASES
@given(miniscripts.texts(Context.WSH))
def test_embit_makes_the_same_script(text: str) -> None:
    descriptors = pytest.importorskip("embit.descriptor", reason="embit is not installed")
    assume(not speaks_of_1(text))  # the fragment 1 alone is not read there
    theirs = descriptors.Descriptor.from_string(miniscripts.descriptor(text, Context.WSH))
    assert theirs.witness_script().data == compiled(parse(text, Context.WSH, key))
