"""CBOR: complete, incomplete and broken are told apart for any bytes, and cbor2 agrees with us."""

from collections.abc import Mapping

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.cbor import CANONICAL, LENIENT, Broken, Complete, Incomplete, Rules, Tag, Value

SCALARS = (
    st.integers(-(1 << 64), (1 << 64) - 1)
    | st.binary(max_size=300)
    | st.text(max_size=100)
    | st.booleans()
    | st.none()
)
KEYS = st.text(max_size=10) | st.integers(-(1 << 64), (1 << 64) - 1)
TAGS = (303, 304, 305, 308, 310, 404, 409, 40310, (1 << 64) - 1)  # none that cbor2 interprets
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(KEYS, inner, max_size=5)
        | st.builds(Tag, st.sampled_from(TAGS), inner)
    ),
    max_leaves=20,
)
DEEP = Rules(canonical=True, depth=64)


def theirs(value: object) -> object:
    """The same value in cbor2's types."""
    match value:
        case Tag(number, inner):
            return cbor2.CBORTag(number, theirs(inner))
        case list():
            return [theirs(item) for item in value]
        case dict():
            return {key: theirs(item) for key, item in value.items()}
        case _:
            return value


def ours(value: object) -> object:
    """A value of cbor2's in our types; inside tags it makes its lists immutable."""
    match value:
        case cbor2.CBORTag():
            return Tag(value.tag, ours(value.value))
        case list() | tuple():
            return [ours(item) for item in value]
        case Mapping():
            return {key: ours(item) for key, item in value.items()}
        case _:
            return value


@given(VALUES)
def test_what_is_written_reads_back_to_its_last_byte(value: Value) -> None:
    data = cbor.encode(value)
    assert cbor.decode_prefix(data + b"rest", DEEP) == Complete(value, len(data))


@given(VALUES)
def test_cbor2_reads_what_we_write(value: Value) -> None:
    assert ours(cbor2.loads(cbor.encode(value))) == value


@given(VALUES)
def test_we_read_what_cbor2_writes_in_any_order_and_form(value: Value) -> None:
    lenient = Rules(canonical=False, depth=64)
    assert cbor.decode(cbor2.dumps(theirs(value)), lenient) == value
    indefinite = cbor2.dumps(theirs(value), indefinite_containers=True)
    assert cbor.decode(indefinite, lenient) == value


@given(VALUES)
def test_every_true_prefix_is_incomplete_and_says_how_many_bytes_it_waits_for(value: Value) -> None:
    data = cbor.encode(value)
    for end in range(len(data)):
        match cbor.decode_prefix(data[:end], DEEP):
            case Incomplete(at_least):
                assert end < at_least <= len(data)
            case other:
                pytest.fail(f"{end} of {len(data)} bytes gave {other}")


@given(st.binary(max_size=200), st.sampled_from([CANONICAL, LENIENT]))
@example(bytes.fromhex("9b00000000ffffffff"), CANONICAL)
@example(bytes.fromhex("bb7fffffffffffffff"), LENIENT)
@example(bytes.fromhex("5bffffffffffffffff"), LENIENT)
def test_no_bytes_break_it(data: bytes, rules: Rules) -> None:
    match cbor.decode_prefix(data, rules):
        case Complete(value, used):
            assert cbor.decode(data[:used], rules) == value
        case Incomplete(at_least):
            assert at_least > len(data)
        case Broken(why):
            assert why.endswith(".")


def has_tag(value: Value) -> bool:
    match value:
        case Tag():
            return True
        case list():
            return any(map(has_tag, value))
        case dict():
            return any(map(has_tag, value.values()))
        case _:
            return False


@given(st.binary(max_size=60))
def test_cbor2_sees_the_same_in_any_bytes_that_we_take(data: bytes) -> None:
    match cbor.decode_prefix(data, LENIENT):
        # cbor2 makes dates and the like of some tags.
        case Complete(value, used) if not has_tag(value):
            assert ours(cbor2.loads(data[:used])) == value
        case _:
            pass


@given(st.binary(max_size=200))
def test_what_is_canonical_has_only_one_encoding(data: bytes) -> None:
    match cbor.decode_prefix(data):
        case Complete(value, used):
            assert cbor.encode(value) == data[:used]
        case _:
            pass


# RFC 8949, appendix A.
PUBLISHED: dict[str, Value] = {
    "00": 0,
    "17": 23,
    "1818": 24,
    "1903e8": 1000,
    "1a000f4240": 1_000_000,
    "1b000000e8d4a51000": 1_000_000_000_000,
    "1bffffffffffffffff": (1 << 64) - 1,
    "20": -1,
    "3863": -100,
    "3903e7": -1000,
    "3bffffffffffffffff": -(1 << 64),
    "f4": False,
    "f5": True,
    "f6": None,
    "40": b"",
    "4401020304": b"\1\2\3\4",
    "60": "",
    "6449455446": "IETF",
    "63e6b0b4": "\u6c34",
    "80": [],
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819": [*range(1, 26)],
    "a0": {},
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
}


@pytest.mark.parametrize("data", PUBLISHED)
def test_published_examples_are_written_and_read(data: str) -> None:
    assert cbor.encode(PUBLISHED[data]).hex() == data
    assert cbor.decode(bytes.fromhex(data)) == PUBLISHED[data]


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_a_number_takes_more_bytes_where_they_are_needed_and_no_sooner(bits: int) -> None:
    most = (1 << bits) - 1
    sizes = []
    for number in (most, most + 1):
        data = cbor.encode(number)
        assert cbor.decode(data) == number
        sizes.append(len(data))
    assert sizes == [1 + bits // 8, 1 + bits // 4]


def test_a_map_with_a_key_of_nought_is_in_order() -> None:
    assert cbor.decode(bytes.fromhex("a200010102")) == {0: 1, 1: 2}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("f97e00", "Floats"),
        ("fa7fc00000", "Floats"),
        ("f7", "simple"),
        ("ff", "simple"),
        ("1c", "not a number"),
        ("1800", "shortest"),
        ("1817", "shortest"),
        ("1900ff", "shortest"),
        ("1a0000ffff", "shortest"),
        ("1b00000000ffffffff", "shortest"),
        ("5f4101ff", "left open"),
        ("9f01ff", "left open"),
        ("bf616101ff", "left open"),
        ("a2616201616102", "out of order"),
        ("a201010102", "same key"),
        ("61ff", "UTF-8"),
        ("a1410101", "neither text nor integer"),
        ("a1f501", "neither text nor integer"),
        ("81" * 17 + "01", "deeply"),
        ("d8c8" * 17 + "01", "deeply"),
        ("9a00100000", "too many"),
        ("b90fff", "too many"),
        ("990400", "too many"),  # a value for the list, and 1024 in it
        ("b90200", "too many"),
        ("5a00200000", "too long"),
        ("5a00100001", "too long"),
    ],
)
def test_what_is_not_canonical_is_broken_and_says_why(data: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        cbor.decode(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("1800", 0),
        ("1b0000000000000001", 1),
        ("5f41014102ff", b"\x01\x02"),
        ("7f61616162ff", "ab"),
        ("9f01820203ff", [1, [2, 3]]),
        ("bf6162016161f6ff", {"b": 1, "a": None}),
        ("a2616201616102", {"b": 1, "a": 2}),
    ],
)
def test_a_lenient_reader_takes_what_clients_send(data: str, value: Value) -> None:
    assert cbor.decode(bytes.fromhex(data), LENIENT) == value


@pytest.mark.parametrize(
    "data",
    ["a2616101616102", "bf616101616102ff", "a201011801f6", "5f6161ff", "7f4161ff", "5f5f4101ffff"],
)
def test_a_lenient_reader_still_refuses_double_keys_and_mixed_strings(data: str) -> None:
    assert isinstance(cbor.decode_prefix(bytes.fromhex(data), LENIENT), Broken)


def test_pieces_of_an_open_string_share_one_limit() -> None:
    rules = Rules(canonical=False, length=4)
    assert cbor.decode(bytes.fromhex("5f42010242030 4ff".replace(" ", "")), rules) == bytes(
        [1, 2, 3, 4]
    )
    assert isinstance(cbor.decode_prefix(bytes.fromhex("5f4201024303"), rules), Broken)


def test_open_containers_and_empty_pieces_are_counted_too() -> None:
    rules = Rules(canonical=False, items=100)
    for data in (b"\x9f" + b"\x01" * 200, b"\x5f" + b"\x40" * 200, b"\xbf" + b"\x00\x01" * 200):
        assert isinstance(cbor.decode_prefix(data, rules), Broken)


@pytest.mark.parametrize(
    ("data", "items"),
    [("820000", 3), ("a200000100", 5), ("9f0000ff", 3), ("bf0000ff", 3), ("5f404100ff", 3)],
)
def test_every_value_and_every_piece_counts_once(data: str, items: int) -> None:
    cbor.decode(bytes.fromhex(data), Rules(canonical=False, items=items))
    with pytest.raises(Malformed, match="too many"):
        cbor.decode(bytes.fromhex(data), Rules(canonical=False, items=items - 1))


def test_1024_values_are_read_and_a_string_of_a_mebibyte() -> None:
    values: list[Value] = [[0] * 1023, bytes(1 << 20)]
    for value in values:
        assert cbor.decode(cbor.encode(value)) == value
        assert cbor.decode(cbor.encode(value), LENIENT) == value
    with pytest.raises(Malformed, match="too many"):
        cbor.decode(b"\x9f" + bytes(1024) + b"\xff", LENIENT)


def test_left_over_bytes_and_missing_bytes_are_malformed_for_a_whole_value() -> None:
    with pytest.raises(Malformed, match="left over"):
        cbor.decode(b"\x01\x01")
    with pytest.raises(Malformed, match="too early"):
        cbor.decode(b"\x82\x01")


@pytest.mark.parametrize("number", [1 << 64, -(1 << 64) - 1])
def test_an_integer_that_has_no_form_is_never_written(number: int) -> None:
    with pytest.raises(OverflowError):
        cbor.encode(number)


def test_what_it_read_is_not_in_its_repr() -> None:
    assert "wolf" not in repr(cbor.decode_prefix(cbor.encode("wolf")))


@pytest.mark.parametrize(
    ("level", "end"), [("81", ""), ("9f", "ff"), ("a100", ""), ("bf00", "ff"), ("d830", "")]
)
def test_sixteen_values_inside_each_other_are_read_and_not_one_more(level: str, end: str) -> None:
    cbor.decode(bytes.fromhex(level * 15 + "00" + end * 15), LENIENT)
    with pytest.raises(Malformed, match="deeply"):
        cbor.decode(bytes.fromhex(level * 16 + "00" + end * 16), LENIENT)


@pytest.mark.parametrize("level", ["a1", "bf"])
def test_keys_inside_keys_nest_no_deeper(level: str) -> None:
    with pytest.raises(Malformed, match="neither text nor integer"):
        cbor.decode(bytes.fromhex(level * 14 + "a10000"), LENIENT)
    with pytest.raises(Malformed, match="deeply"):
        cbor.decode(bytes.fromhex(level * 15 + "a10000"), LENIENT)


@pytest.mark.parametrize(
    "level",
    [b"\x81", b"\x9f", b"\xa1\x00", b"\xa1", b"\xbf\x00", b"\xbf", b"\xd8\x30", b"\xa1\x00\x81"],
)
@pytest.mark.parametrize("rules", [CANONICAL, LENIENT])
def test_whatever_nests_nests_only_so_deep(level: bytes, rules: Rules) -> None:
    with pytest.raises(Malformed):
        cbor.decode(level * 2_000 + b"\x00", rules)
