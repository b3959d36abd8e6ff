"""Proofs of one secret behind two points (BIP374), as the wallet verifies them: published cases."""

import pytest

from host.wallet.silent_payments.proofs import is_proven
from tests.signer.published import cases

CASES = cases("bip374", "verify")


def arguments(case: dict[str, str]) -> list[bytes]:
    names = ("point_A", "point_B", "point_C", "proof", "message", "point_G")
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize("case", CASES)
def test_published_proofs(case: dict[str, str]) -> None:
    assert is_proven(*arguments(case)) is (case["result_success"] == "TRUE")


def test_what_is_no_point_or_no_proof_proves_nothing() -> None:
    good = next(
        values
        for case in CASES
        if is_proven(*(values := arguments(case.values[0])))  # type: ignore[arg-type]
    )
    for place in range(3):
        for wrong in (b"", bytes(33), b"\x05" + bytes(32)):
            assert not is_proven(*good[:place], wrong, *good[place + 1 :])
    for proof in (b"", good[3][:-1], good[3] + b"\x00", bytes(64), b"\xff" * 64):
        assert not is_proven(*good[:3], proof, *good[4:])
