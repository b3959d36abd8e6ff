"""Random miniscripts, well typed by a grammar of their own, as hypothesis strategies.

    texts(Context.WSH)            any of type B; keys are @0, @1, ... in the order of the text
    texts(Context.WSH, "V")       of another type: any key of the grammar below
    sane_texts(Context.WSH)       only those that coins may be sent to
    with_keys(text, names)        @0, @1, ... replaced
    at_bdk(text, Context.WSH)     bdk's descriptor of it, with KEYS

The grammar is written down here from BIP379's table of types, not taken from the signer's.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.miniscript import Context, parse
from signer.errors import Malformed
from signer.keys import curve

NUMS = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"  # BIP341: nobody's key
KEYS = [curve.public_key(bytearray(number.to_bytes(32, "big"))).hex() for number in range(1, 300)]
# What each type may be made of. <Bdu> stands for a fragment of type B with the properties d and u.
_GRAMMAR = {
    "B": "<Bdu> <Bd> <Bn> <Bz> and_v(<V>,<B>) and_b(<B>,<W>) or_d(<Bdu>,<B>) or_i(<B>,<B>)"
    " andor(<Bdu>,<B>,<B>) t:<V> j:<Bn> n:<B> c:<K> and_n(<Bdu>,<B>)",
    "Bdu": "pk(KEY) pkh(KEY) MULTI sha256(H32) hash256(H32) ripemd160(H20) hash160(H20) c:pk_k(KEY)"
    " or_b(<Bd>,<Wd>) thresh(1,<Bdu>) thresh(1,<Bdu>,<Wdu>) thresh(2,<Bdu>,<Wdu>)"
    " thresh(2,<Bdu>,<Wdu>,<Wdu>) and_b(<Bdu>,<Wdu>) n:<Bd> or_d(<Bdu>,<Bdu>) and_n(<Bdu>,<Bdu>)",
    "Bd": "<Bdu> l:<B> u:<B> d:<Vz> or_i(<Bd>,<B>) or_i(<B>,<Bd>) j:<Bn> andor(<Bdu>,<B>,<Bd>)",
    "Bn": "pk(KEY) pkh(KEY) sha256(H32) and_v(v:<Bn>,<B>) and_b(<Bn>,<W>) d:<Vz> MULTI_N",
    "Bz": "older(WAIT) after(DATE) and_v(<Vz>,<Bz>) 1",
    "Bo": "pk(KEY) sha256(H32) l:<Bz> u:<Bz> d:<Vz> or_i(<Bz>,<Bz>) and_v(<Vz>,<Bo>)",
    "V": "v:<B> v:<B> or_c(<Bdu>,<V>) and_v(<V>,<V>) or_i(<V>,<V>) andor(<Bdu>,<V>,<V>)",
    "Vz": "v:<Bz>",
    "K": "pk_k(KEY) pk_h(KEY) and_v(<V>,<K>) or_i(<K>,<K>) andor(<Bdu>,<K>,<K>)",
    "W": "a:<B> s:<Bo>",
    "Wd": "a:<Bd> s:pk(KEY)",
    "Wdu": "a:<Bdu> s:pk(KEY) s:sha256(H32)",
}
TYPES = frozenset(_GRAMMAR)
_CHOICES = {wanted: choices.split() for wanted, choices in _GRAMMAR.items()}
_LEAVES = {
    wanted: [choice for choice in choices if "<" not in choice]
    for wanted, choices in _CHOICES.items()
} | {"B": ["pk(KEY)"], "Bd": ["pkh(KEY)"], "V": ["v:pk(KEY)"], "Vz": ["v:older(WAIT)"]}
_LEAVES["W"] = _LEAVES["Wd"]
_MULTI = {Context.WSH: "multi", Context.TAPSCRIPT: "multi_a"}
_HOLE = re.compile("<[A-Za-z]+>")
_BLANK = re.compile("KEY|MULTI_N|MULTI|H20|H32|WAIT|DATE")
_LOCKS = {
    "WAIT": (1, 2, 16, 17, 127, 128, 144, 0x8000, 0xFFFF, 0x400001, 0x40FFFF),
    "DATE": (1, 16, 17, 144, 65_536, 499_999_999, 500_000_000, 2**31 - 1),
}


@st.composite
def texts(draw: st.DrawFn, context: Context, wanted: str = "B", depth: int = 3) -> str:
    """A well typed miniscript, not more than about `depth` + 1 levels deep."""
    text = f"<{wanted}>"
    for rules in [_CHOICES] * depth + [_LEAVES]:
        for hole in _HOLE.findall(text):
            text = text.replace(hole, draw(st.sampled_from(rules[hole[1:-1]])), 1)
    return _filled(draw, context, joined(text))


def joined(text: str) -> str:
    """Wrappers side by side share one colon: `v:c:` is written `vc:`."""
    while (shorter := re.sub("([a-z]+):([a-z]+):", r"\1\2:", text)) != text:
        text = shorter
    return text


def _filled(draw: st.DrawFn, context: Context, text: str) -> str:
    number = itertools.count()

    def key() -> str:
        return f"@{next(number)}"

    def multi() -> str:
        keys = [key() for _ in range(draw(st.integers(1, 3)))]
        return f"{_MULTI[context]}({draw(st.integers(1, len(keys)))},{','.join(keys)})"

    def blank(found: re.Match[str]) -> str:
        match found[0]:
            case "KEY":
                return key()
            case "MULTI_N" if context is Context.TAPSCRIPT:  # multi_a() is not n
                return f"pkh({key()})"
            case "MULTI_N" | "MULTI":
                return multi()
            case "WAIT" | "DATE":
                return str(draw(st.sampled_from(_LOCKS[found[0]])))
            case hashed:
                return draw(st.binary(min_size=int(hashed[1:]), max_size=int(hashed[1:]))).hex()

    return _BLANK.sub(blank, text)


def sane_texts(context: Context) -> st.SearchStrategy[str]:
    """Those that coins may be sent to."""
    return texts(context).map(_signed).filter(lambda text: is_sane(text, context))


def _signed(text: str) -> str:
    # Most random scripts can be spent without a signature somewhere; one more key ends that.
    return f"and_v(v:pk(@{text.count('@')}),{text})"


def is_sane(text: str, context: Context) -> bool:
    try:
        parse(text, context, str).check_sane()
    except Malformed:
        return False
    return True


def with_keys(text: str, names: Sequence[str]) -> str:
    """@0, @1, ... replaced by these names."""
    return re.sub("@([0-9]+)", lambda found: names[int(found[1])], text)


def descriptor(text: str, context: Context) -> str:
    match context:
        case Context.WSH:
            return f"wsh({with_keys(text, KEYS)})"
        case Context.TAPSCRIPT:
            return f"tr({NUMS},{with_keys(text, [key[2:] for key in KEYS])})"


def at_bdk(text: str, context: Context) -> Any:  # noqa: ANN401  bdk is untyped, or absent
    """What bdk makes of it, or None if that is nothing to send coins to."""
    bdk = pytest.importorskip("bdkpython", reason="bdk is not installed")
    try:
        theirs = bdk.Descriptor(descriptor(text, context), bdk.NetworkKind.TEST)
        theirs.sanity_check()
    except bdk.DescriptorError:
        return None
    return theirs
