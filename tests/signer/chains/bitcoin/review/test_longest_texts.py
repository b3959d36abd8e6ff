"""A descriptor, a policy or a code as long as may be costs what its length explains.

Each shape repeats one thing to the end of the text: what a reader keeps for each must be little.
"""

from collections.abc import Callable

import pytest

from signer.chains.bitcoin.descriptors import descriptor, policy
from signer.chains.bitcoin.network import NETWORKS
from signer.formats.qr import bbqr, ur
from tests.fuzz.budget import Budget, Meter
from tests.fuzz.targets import CAPPED
from tests.psbts import key_text, keyring

REGTEST = NETWORKS["regtest"]
KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
XPUB = key_text(keyring(), "m/48h/1h/0h/2h").partition("]")[2]


def filled(head: str, unit: str, tail: str, length: int) -> str:
    return head + unit * ((length - len(head) - len(tail)) // len(unit)) + tail


DESCRIPTORS = {
    "steps of an origin": ("pkh([00000000", "/0", f"]{XPUB})"),
    "steps below a key": (f"pkh({XPUB}", "/0", ")"),
    "branches": (f"pkh({XPUB}/<0", ";1", ">)"),
    "keys": ("multi(1", f",{KEY}", ")"),
    "extended keys": ("wsh(multi(1", f",{XPUB}", "))"),
    "participants": (f"tr(musig({KEY}", f",{KEY}", "))"),
    "braces": (f"tr({KEY},", "{", ")"),
    "leaves": (f"tr({KEY},", "{pk(A),", ")"),
    "wrappers": ("wsh(", "l", f":pk({KEY}))"),
    "nested choices": ("wsh(", "or_i(0,", "))"),
    "choices": (f"wsh(thresh(1,pk({KEY})", ",sl:0", "))"),
    "wrapped choices": (f"wsh(thresh(1,pk({KEY})", f",s{'l' * 300}:0", "))"),
    "letters of a checksum": (f"pkh({KEY})#", "q", ""),
    "letters of another script": ("pkh(", "\u00e9", ")"),
    "bytes": ("raw(", "00", ")"),
}
POLICIES = {
    "keys": ("wsh(multi(1", ",@0/**", "))"),
    "participants": ("tr(musig(@0", ",@0", ")/**)"),
    "choices": ("wsh(thresh(1,pk(@0/**)", ",sl:0", "))"),
    "wrappers": ("wsh(", "l", ":pk(@0/**))"),
    "leaves": ("tr(@0/**,", "{pk(@0/<2;3>/*),", ")"),
}
CODES: dict[str, Callable[[str], object]] = {
    "B$HP0100": bbqr.parse,
    "B$2P0100": bbqr.parse,
    "ur:crypto-psbt/": ur.parse,
    "ur:a": ur.parse,
}


def check(read: Callable[[str], object], text: str, budget: Budget) -> None:
    def feed(data: bytes) -> None:
        read(data.decode())

    Meter(feed, budget).take(text.encode())


@pytest.mark.parametrize("shape", DESCRIPTORS.values(), ids=list(DESCRIPTORS))
def test_a_descriptor_as_long_as_may_be(shape: tuple[str, str, str]) -> None:
    check(
        lambda text: descriptor.parse(text, REGTEST, checksum="optional"),
        filled(*shape, descriptor.MAX_TEXT),
        CAPPED,
    )


@pytest.mark.parametrize("shape", POLICIES.values(), ids=list(POLICIES))
def test_a_policy_as_long_as_may_be(shape: tuple[str, str, str]) -> None:
    check(
        lambda text: policy.parse("Any", text, [XPUB], REGTEST),
        filled(*shape, policy.MAX_TEMPLATE),
        CAPPED,
    )


def test_the_deepest_script_there_may_be() -> None:
    """The worst for its length: 402 fragments in as many letters, each around all those inside."""
    text = f"wsh({'l' * 400}:pk({KEY}))"
    check(lambda text: descriptor.parse(text, REGTEST, checksum="optional"), text, CAPPED)


@pytest.mark.parametrize("head", CODES)
@pytest.mark.parametrize("unit", ["A", "ae", "-a", "00", "\u00e9"])
def test_a_code_as_long_as_may_be(head: str, unit: str) -> None:
    check(CODES[head], filled(head, unit, "", ur.MAX_TEXT), Budget())
