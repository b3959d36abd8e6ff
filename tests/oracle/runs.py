"""A run: subjects and peers, each asked until enough was compared."""

from importlib import import_module

from tests.oracle.tally import Tally

# How many comparisons of each subject an ordinary run makes at least, with each of its peers.
ORDINARY = {
    "locks": {"wally": 500, "bdk": 500, "embit": 500},
    "digests": {"wally": 500, "embit": 400, "core": 400},
    "payments": {"wally": 300, "bdk": 150, "embit": 200, "core": 200},
    "seeds": {"wally": 150, "bdk": 150, "embit": 150},
}
MODULES = {"wally": "wallycore", "bdk": "bdkpython", "embit": "embit", "core": "pbk"}


def compare(subject: str, peer: str, at_least: int, seed: str) -> Tally:
    """Ask a peer about one subject until that much was compared, or something differs."""
    asked, answers = (import_module(f"tests.oracle.{n}") for n in (subject, f"by_{peer}"))
    tally, turn = Tally(subject, MODULES[peer]), 0
    while tally.compared < at_least and not tally.differences:
        tally.take(asked.questions(seed, turn, answers))
        turn += 1
    return tally
