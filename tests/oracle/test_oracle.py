"""At least 2,000 values of ours, each the same as another wallet's, on cases drawn at random."""

import pytest

from tests.oracle.drawn import SEED
from tests.oracle.runs import MODULES, ORDINARY, compare
from tests.oracle.tally import Known, Question, Tally, Unasked

PAIRS = [(subject, peer) for subject, peers in ORDINARY.items() for peer in peers]


@pytest.mark.parametrize(("subject", "peer"), PAIRS)
def test_another_wallet_says_the_same(subject: str, peer: str) -> None:
    pytest.importorskip(MODULES[peer], reason=f"{MODULES[peer]} is not installed")
    print(f"QUIETKEY_ORACLE_SEED={SEED}")  # noqa: T201  to have this run again
    tally = compare(subject, peer, ORDINARY[subject][peer], SEED)
    assert not tally.differences, "\n".join(tally.differences)
    assert tally.compared >= ORDINARY[subject][peer]


def test_a_run_is_2000_comparisons_or_more() -> None:
    assert sum(sum(peers.values()) for peers in ORDINARY.values()) >= 2_000


def test_what_differs_or_is_not_compared_is_never_counted_as_the_same() -> None:
    tally = Tally("numbers", "somebody")
    asked: list[Question | Unasked] = [
        Question("a", 1, lambda: 1, ""),
        Question("a", 1, lambda: 2, "case 7"),
        Known("a", 1, lambda: 2, "", "counts from one"),
        Known("a", 1, lambda: 1, "case 8", "counts from one"),
        Unasked("b", "has none"),
    ]
    tally.take(asked)
    assert tally.same == {"a": 1}
    assert tally.known == {("a", "counts from one"): 1}
    assert tally.unasked == {("b", "has none"): 1}
    assert [line.split(", ")[2][:6] for line in tally.differences] == ["case 7", "case 8"]
    assert tally.compared == 4
