"""Text nested ten thousand deep is refused at once, and as deep as is allowed is no trouble."""

from time import perf_counter

import pytest

from signer.chains.bitcoin import network
from signer.chains.bitcoin.descriptors import descriptor
from signer.chains.bitcoin.descriptors.miniscript import Context, parse
from signer.chains.bitcoin.descriptors.miniscript.parse import MAX_DEPTH
from signer.errors import Malformed

LEVELS = 10_000
KEY = "02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
REGTEST = network.NETWORKS["regtest"]

MINISCRIPTS = {
    "and_v": "and_v(v:pk(A)," * LEVELS + "pk(B)" + ")" * LEVELS,
    "left": "andor(" * LEVELS + "pk(B)" + ",1,1)" * LEVELS,
    "or_i": "or_i(1," * LEVELS + "1" + ")" * LEVELS,
    "thresh": "thresh(1," * LEVELS + "pk(A)" + ")" * LEVELS,
    "wrappers": "n" * LEVELS + ":pk(A)",
    "wrapped": "and_v(vn:pk(A),n:" * LEVELS + "pk(B)" + ")" * LEVELS,
    "colons": "n:" * LEVELS + "pk(A)",
    "brackets": "(" * LEVELS + "pk(A)" + ")" * LEVELS,
    "open": "thresh(1," * LEVELS,
    "closed": ")" * LEVELS,
}


def milliseconds_to_refuse(text: str) -> float:
    start = perf_counter()
    with pytest.raises(Malformed):
        parse(text, Context.WSH, str)
    return (perf_counter() - start) * 1_000


@pytest.mark.parametrize("text", MINISCRIPTS.values(), ids=MINISCRIPTS)
def test_a_deep_miniscript_is_refused_at_once(text: str) -> None:
    assert min(milliseconds_to_refuse(text) for _ in range(3)) < 50


DESCRIPTORS = {
    "miniscript": f"wsh({MINISCRIPTS['and_v']})",
    "calls": "sh(" * LEVELS + f"pk({KEY})" + ")" * LEVELS,
    "tree": f"tr({KEY[2:]}," + "{" * LEVELS + f"pk({KEY[2:]})" + f",pk({KEY[2:]})}}" * LEVELS + ")",
    "leaf": f"tr({KEY[2:]},{MINISCRIPTS['thresh']})",
    "musig": f"tr({'musig(' * LEVELS}{KEY}{')' * LEVELS})",
    "path": f"pk(tpub{'/0' * LEVELS})",
}


@pytest.mark.parametrize("text", DESCRIPTORS.values(), ids=DESCRIPTORS)
def test_a_deep_descriptor_is_refused_at_once(text: str) -> None:
    start = perf_counter()
    with pytest.raises(Malformed):
        descriptor.parse(text, REGTEST, checksum="optional")
    assert perf_counter() - start < 1


def test_the_deepest_miniscript_works_in_every_way() -> None:
    levels = MAX_DEPTH - 2
    text = "and_v(vn:pk(A)," + "or_i(0," * (levels - 1) + "pk(B)" + ")" * levels
    found = parse(text, Context.TAPSCRIPT, str)
    found.check_sane()
    assert found == parse(found.render(), Context.TAPSCRIPT, str)
    assert hash(found)
    assert repr(found) == f"Fragment({text})"
    assert found.max_witness_bytes > levels
    assert len(found.compile(lambda _key: bytes(32))) > levels


def test_a_miniscript_built_by_hand_may_be_deeper_still() -> None:
    """Nothing recurses, so no stack can run out, whatever made the fragments."""
    found = parse("pk(A)", Context.TAPSCRIPT, str)
    for _ in range(LEVELS):
        found = type(found)(Context.TAPSCRIPT, "n", subs=(found,))
    found.check_sane()
    assert found == found
    assert str(found) == "n" * LEVELS + ":pk(A)"
