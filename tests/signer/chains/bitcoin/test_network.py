"""Budgets of a request: so many inputs and outputs are read, and one more is refused (T75)."""

import pytest

from signer.chains.bitcoin.transactions.tx import parse, parse_unsigned
from signer.errors import Reason, Refused
from signer.formats.cursor import compact_size


def blank(inputs: int, outputs: int) -> bytes:
    """A transaction of zeros."""
    return (
        b"\x02\0\0\0"
        + compact_size(inputs)
        + bytes(41) * inputs
        + compact_size(outputs)
        + bytes(9) * outputs
        + bytes(4)
    )


@pytest.mark.parametrize(("inputs", "outputs"), [(10_000, 1), (1, 10_000)])
def test_as_much_as_the_budget_is_read(inputs: int, outputs: int) -> None:
    for read in (parse_unsigned, parse):
        tx = read(blank(inputs, outputs))
        assert (len(tx.inputs), len(tx.outputs)) == (inputs, outputs)


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(10_001, 0), (0, 10_001)], ids=["inputs", "outputs"]
)
def test_more_than_the_budget_is_refused(inputs: int, outputs: int) -> None:
    raw = blank(inputs, outputs)
    for read in (parse_unsigned, parse):
        with pytest.raises(Refused) as refused:
            read(raw)
        assert refused.value.reason is Reason.TOO_LARGE
