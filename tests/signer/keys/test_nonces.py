"""Secret nonces wait in memory, few, each for one purpose, and leave once or not at all (T54)."""

import pytest

from signer.errors import CommonReason, Reason, Refused
from signer.keys.nonces import MAX_OPEN, Nonces


def waiting(number: int = 1) -> tuple[Nonces, list[bytearray]]:
    nonces, secrets = Nonces(), [bytearray(b"secret") for _ in range(number)]
    for at, secret in enumerate(secrets):
        nonces.keep(bytes((at % 256, at // 256)), secret, "this")
    return nonces, secrets


def reason(nonces: Nonces, name: bytes, purpose: str) -> Reason:
    with pytest.raises(Refused) as refused:
        nonces.take(name, purpose)
    return refused.value.reason


def test_a_nonce_leaves_once_and_as_it_came() -> None:
    nonces, [secret] = waiting()
    assert nonces.take(bytes(2), "this") is secret
    assert secret == b"secret"
    assert reason(nonces, bytes(2), "this") is CommonReason.NONCE_GONE


def test_a_nonce_for_something_else_is_erased_and_gone() -> None:
    nonces, [secret, other] = waiting(2)
    assert reason(nonces, bytes(2), "that") is CommonReason.NONCE_ELSEWHERE
    assert secret == bytes(6)
    assert other == b"secret"
    assert reason(nonces, bytes(2), "this") is CommonReason.NONCE_GONE
    assert len(nonces) == 1


def test_to_look_takes_nothing() -> None:
    nonces, [secret] = waiting()
    nonces.check(bytes(2), "this")
    with pytest.raises(Refused):
        nonces.check(bytes(2), "that")
    assert nonces.take(bytes(2), "this") is secret


def test_wiped_nonces_are_zero_and_gone() -> None:
    nonces, secrets = waiting(3)
    nonces.wipe()
    assert secrets == [bytes(6)] * 3
    assert len(nonces) == 0
    nonces.wipe()


def test_256_nonces_wait_and_no_more() -> None:
    assert MAX_OPEN == 256
    nonces, _ = waiting(MAX_OPEN - 1)
    nonces.check_room(1)
    nonces.number()
    nonces.keep(b"last", bytearray(6), "this")
    nonces.check_room(0)
    for ask in (lambda: nonces.check_room(1), nonces.number):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.reason is CommonReason.TOO_MANY_NONCES


def test_no_two_numbers_are_the_same() -> None:
    nonces, _ = waiting()
    numbers = [nonces.number() for _ in range(300)]
    assert len(set(numbers)) == 300
    assert {len(number) for number in numbers} == {32}
