"""Points and scalars: libsecp256k1 beside python-ecdsa's arithmetic, and the ends of the range."""

from collections.abc import Callable

import pytest
from ecdsa import SECP256k1
from ecdsa.ellipticcurve import INFINITY, PointJacobi
from hypothesis import example, given
from hypothesis import strategies as st

from signer.errors import CrossCheckFailed, Malformed
from signer.keys import curve
from signer.keys.curve import points
from signer.keys.curve.points import GENERATOR

ORDER = SECP256k1.order
numbers = st.integers(1, ORDER - 1)
ZERO, TOO_LARGE = bytes(32), ORDER.to_bytes(32, "big")


def scalar(number: int) -> bytearray:
    return bytearray((number % ORDER).to_bytes(32, "big"))


def point(number: int) -> bytes:
    """`number` times the generator, by python-ecdsa."""
    made: bytes = (SECP256k1.generator * number).to_bytes("compressed")
    return made


def theirs(public: bytes) -> PointJacobi:
    return PointJacobi.from_bytes(SECP256k1.curve, public, order=ORDER)


@given(st.lists(numbers, min_size=1, max_size=5))
def test_points_add_up_as_their_secrets_do(secrets: list[int]) -> None:
    total = sum(secrets) % ORDER
    listed = [point(secret) for secret in secrets]
    if total:
        assert points.combine(listed) == point(total)
    else:
        with pytest.raises(Malformed, match="add up to none"):
            points.combine(listed)


def test_points_that_cancel_out_half_way_still_add_up() -> None:
    there, back = point(5), points.negate(point(5))
    assert points.combine([there, back, there]) == there
    with pytest.raises(Malformed, match="add up to none"):
        points.combine([there, back])
    with pytest.raises(Malformed, match="no points"):
        points.combine([])


@given(numbers, numbers)
@example(1, 1)
@example(ORDER - 1, ORDER - 1)
def test_a_product_is_the_one_other_code_computes(secret: int, factor: int) -> None:
    expected = (theirs(point(secret)) * factor).to_bytes("compressed")
    assert points.multiply(point(secret), scalar(factor)) == expected
    assert points.shared_point(scalar(factor), point(secret)) == expected


@given(numbers)
def test_a_point_and_its_negation_have_one_x_and_add_up_to_none(secret: int) -> None:
    there, back = point(secret), points.negate(point(secret))
    assert back == point(ORDER - secret)
    assert theirs(there) + theirs(back) == INFINITY


@given(st.lists(numbers | st.just(0), max_size=6))
@example([1, ORDER - 1])
@example([1, ORDER - 1, 7])
@example([5, 5, ORDER - 10])
def test_secrets_add_up_through_zero_to_zero_and_beyond(secrets: list[int]) -> None:
    total = bytearray(32)
    for secret in secrets:
        if secret:
            points.add_secret(total, scalar(secret))
        else:
            with pytest.raises(Malformed):
                points.add_secret(total, scalar(0))
    assert int.from_bytes(total, "big") == sum(secrets) % ORDER
    assert points.is_secret(total) is bool(sum(secrets) % ORDER)


@given(numbers, numbers)
def test_secrets_are_multiplied_and_negated_in_place(secret: int, factor: int) -> None:
    buffer = scalar(secret)
    points.multiply_secret(buffer, scalar(factor))
    assert buffer == scalar(secret * factor)
    points.negate_secret(buffer)
    assert buffer == scalar(-secret * factor)


@pytest.mark.parametrize("none", [ZERO, TOO_LARGE], ids=["zero", "the order"])
def test_what_is_no_scalar_is_never_computed_with(none: bytes) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: points.multiply(GENERATOR, none),
        lambda: points.shared_point(bytearray(none), GENERATOR),
        lambda: points.add_secret(bytearray(32), bytearray(none)),
        lambda: points.multiply_secret(scalar(1), none),
    )
    for call in calls:
        with pytest.raises(Malformed):
            call()
    with pytest.raises(CrossCheckFailed):
        points.negate_secret(bytearray(none))
    assert not points.is_secret(bytearray(none))


OFF_THE_CURVE = b"\2" + bytes(31) + b"\5"  # 5 ** 3 + 7 has no square root


@pytest.mark.parametrize("none", [OFF_THE_CURVE, b"\2" + b"\xff" * 32, b"\0" * 33])
def test_what_is_no_point_is_never_computed_with(none: bytes) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: points.negate(none),
        lambda: points.combine([GENERATOR, none]),
        lambda: points.multiply(none, scalar(2)),
        lambda: points.shared_point(scalar(2), none),
    )
    for call in calls:
        with pytest.raises(Malformed, match="not a point"):
            call()


# A length that reached libsecp256k1 would end this process or read beyond the buffer.
CALLS: dict[str, tuple[tuple[bytes, ...], Callable[..., object]]] = {
    "negate": ((GENERATOR,), points.negate),
    "combine": ((GENERATOR,), lambda one: points.combine([one])),
    "multiply": ((GENERATOR, b"\1" * 32), points.multiply),
    "shared_point": (
        (b"\1" * 32, GENERATOR),
        lambda secret, public: points.shared_point(bytearray(secret), public),
    ),
    "is_secret": ((b"\1" * 32,), lambda secret: points.is_secret(bytearray(secret))),
    "add_secret": (
        (b"\1" * 32, b"\1" * 32),
        lambda total, secret: points.add_secret(bytearray(total), bytearray(secret)),
    ),
    "multiply_secret": (
        (b"\1" * 32, b"\1" * 32),
        lambda secret, factor: points.multiply_secret(bytearray(secret), factor),
    ),
    "negate_secret": ((b"\1" * 32,), lambda secret: points.negate_secret(bytearray(secret))),
}


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_an_argument_of_any_other_length_is_malformed(name: str, data: st.DataObject) -> None:
    arguments, call = CALLS[name]
    at = data.draw(st.integers(0, len(arguments) - 1))
    right = len(arguments[at])
    wrong = data.draw(st.binary(max_size=80).filter(lambda b: b and len(b) != right))
    with pytest.raises(Malformed, match=f"not {len(wrong)}"):
        call(*arguments[:at], wrong, *arguments[at + 1 :])


@given(st.binary(max_size=40))
def test_no_bytes_in_the_place_of_a_point_end_the_process(data: bytes) -> None:
    try:
        negated = points.negate(data)
    except Malformed:
        return
    assert curve.check_public_key(negated)[1:] == data[1:]
