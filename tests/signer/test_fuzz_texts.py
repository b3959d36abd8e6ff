"""Texts and CBOR made right and then wrong, piece by piece rather than byte by byte.

Each goes into a target of the fuzzer, which holds its reader to what that promises: only typed
errors, and what was read and written again is the same.
"""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.miniscript import Context
from signer.formats import cbor
from signer.formats.cbor import Tag, Value
from tests import miniscripts
from tests.fuzz.targets import REGTEST, TARGETS
from tests.policies import Made, policies

TEXTS = (
    *("address", "base58", "bech32", "path", "words", "slip39", "codex32", "seedqr"),
    *("ur", "bbqr", "descriptor", "policy", "miniscript"),
)
# Of what the profile asks for: there are many targets, and each example is several readings.
FEWER = settings(max_examples=settings.default.max_examples // 3)
PIECE = re.compile(r"[A-Za-z]+|[0-9]+|\s|.", re.DOTALL)
ODD = (
    *("", " ", "(", ")", "{", "}", ",", "/", "'", "h", "#", "@0", "@1", "<0;1>", "**", "*", "\n"),
    *(
        "0",
        "1",
        "00",
        "-1",
        "2147483647",
        "2147483648",
        "99999999999999999999",
        "v:",
        "t:",
        "\ud800",
    ),
)


@cache
def seeds(name: str) -> list[str]:
    return [data.decode("latin-1") for data in TARGETS[name].seeds()]


@cache
def pieces(name: str) -> list[str]:
    return sorted({piece for text in seeds(name) for piece in PIECE.findall(text)})


def changed(text: str, name: str, data: st.DataObject) -> bytes:
    """Some pieces (words, numbers, signs) left out, doubled, swapped or replaced by others."""
    parts = PIECE.findall(text)
    for _ in range(data.draw(st.integers(1, 4))):
        at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(parts))] * 2)))
        other = data.draw(st.sampled_from(pieces(name)) | st.sampled_from(ODD))
        match data.draw(st.integers(0, 3)):
            case 0:
                parts[at : at + 1] = [other]
            case 1:
                parts[at:at] = parts[at:end]
            case 2:
                del parts[at : at + 1]
            case _:
                parts[at:at] = [other]
    return "".join(parts)[:20_000].encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("name", TEXTS)
@given(st.data())
@FEWER
def test_a_text_with_other_pieces_is_answered_with_a_typed_error(
    name: str, data: st.DataObject
) -> None:
    TARGETS[name].hold(changed(data.draw(st.sampled_from(seeds(name))), name, data))


@given(policies(), st.data())
@FEWER
def test_an_account_with_other_pieces_is_answered_with_a_typed_error(
    drawn: Made, data: st.DataObject
) -> None:
    keys = [key.render(REGTEST) for key in drawn.policy().keys]
    TARGETS["policy"].hold(changed("\n".join(("Any", drawn.template, *keys)), "policy", data))
    TARGETS["descriptor"].hold(changed(drawn.descriptor, "descriptor", data))


@given(st.sampled_from(Context), st.data())
@FEWER
def test_a_miniscript_with_other_pieces_is_answered_with_a_typed_error(
    context: Context, data: st.DataObject
) -> None:
    text = data.draw(miniscripts.texts(context))
    where = "t" if context is Context.TAPSCRIPT else "w"
    TARGETS["miniscript"].hold(changed(where + text, "miniscript", data))


# --- CBOR: the tree is changed, and written well-formed


LEAVES = st.sampled_from(
    [0, 1, -1, (1 << 64) - 1, b"", bytes(33), "", "text", True, None, [], {}, Tag(304, {})]
)


def places(value: Value) -> list[tuple[Value, object]]:
    """Every container of a value with each key in it."""
    match value:
        case list():
            inside = list(enumerate(value))
        case dict():
            inside = list(value.items())
        case Tag(_, inner):
            return places(inner)
        case _:
            return []
    return [(value, key) for key, _ in inside] + [
        place for _, item in inside for place in places(item)
    ]


@pytest.mark.parametrize("name", ["account", "cbor"])
@given(st.data())
@FEWER
def test_another_value_anywhere_in_cbor_is_answered_with_a_typed_error(
    name: str, data: st.DataObject
) -> None:
    value = cbor.decode(next(iter(TARGETS[name].seeds())))
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(value)
        if not found:
            break
        container, key = data.draw(st.sampled_from(found))
        if isinstance(container, dict) and data.draw(st.booleans()):
            item = container.pop(key)
            container[data.draw(st.integers(0, 9))] = item
        elif isinstance(container, dict | list):
            container[key] = data.draw(LEAVES)
    TARGETS[name].hold(cbor.encode(value))
