"""What is odd about an account, computed from its conditions and its steps (T26, T85, T86)."""

from collections.abc import Callable, Collection, Iterator

from signer.chains.bitcoin.accounts import policy_words
from signer.chains.bitcoin.descriptors.conditions import (
    Atom,
    Condition,
    NotBefore,
    OlderThan,
    Secret,
    Signature,
    evaluate,
)
from signer.chains.bitcoin.descriptors.policy import Policy
from signer.chains.bitcoin.network import LOCKTIME_THRESHOLD
from signer.review import Page, warning

USUAL_STEPS = (0, 1)  # what every wallet looks at: <0;1> (BIP44, Change)
# A lock this short, or one that was over before this was written, holds nobody back.
_SHORT_SECONDS = 86_400
_PAST_HEIGHT, _PAST_TIME = 900_000, 1_748_000_000  # mainnet was there in June 2025


def registration_warnings(read: Policy, own_numbers: Collection[int]) -> Iterator[Page]:
    """The warnings of an account to register; none for an ordinary one.

    `own_numbers` are the numbers of our keys, from 0.
    """
    yield from _key_path(read, own_numbers)
    yield from _alone(read, own_numbers)
    yield from _steps(read, own_numbers)


def _key_path(read: Policy, own_numbers: Collection[int]) -> Iterator[Page]:
    # Of several keys that sign together, one of ours is enough that nobody can without us.
    if isinstance(read.key_path, tuple) and not {*own_numbers} & {*read.key_path}:
        yield warning(
            "Others can spend",
            f"The key path belongs to {policy_words.key_names(read.key_path, own_numbers)}.",
            "It is past all conditions.",
        )


def _alone(read: Policy, own_numbers: Collection[int]) -> Iterator[Page]:
    """Somebody who can take everything now: an honest script and a trap differ by one letter."""
    function = policy_words.condition(read)
    lines = []
    for number in range(len(read.keys)):
        wait = _wait(function, number)
        if number not in own_numbers and wait is not None:
            lines.append(f"Key {number + 1} can spend everything alone{wait}.")
    if lines:
        yield warning("Somebody else alone", *lines)


def _wait(function: Condition, number: int) -> str | None:
    """What whoever has this key alone still waits for; None if for other keys, or for long."""
    if evaluate(function, _holds(number)):
        return ", today"
    if evaluate(function, _holds(number, locks=True)):
        return ": its locks are long past, or shorter than a day"
    if evaluate(function, _holds(number, locks=True, secrets=True)):
        return ", as soon as its owner knows the secret"
    return None


def _holds(number: int, *, locks: bool = False, secrets: bool = False) -> Callable[[Atom], bool]:
    """What holds for this key alone: with locks that keep nobody back, and with every secret."""

    def holds(atom: Atom) -> bool:
        match atom:
            case Signature(keys):
                return {*keys} == {number}
            case OlderThan(sequence):
                return locks and policy_words.seconds(sequence) < _SHORT_SECONDS
            case NotBefore(locktime):
                is_height = locktime < LOCKTIME_THRESHOLD
                return locks and locktime <= (_PAST_HEIGHT if is_height else _PAST_TIME)
            case Secret():
                return secrets

    return holds


def _steps(read: Policy, own_numbers: Collection[int]) -> Iterator[Page]:
    """Steps that no wallet tries (T85): who has the only copy of them can ask for a ransom."""
    lines = [
        f"Of {policy_words.key_names(place.numbers, own_numbers)}: {policy_words.steps(place)}."
        for place in read.placeholders
        if place.branches != USUAL_STEPS
    ]
    if lines:
        yield warning(
            "Unusual steps",
            *lines,
            "Wallets look below <0;1>.",
            "Keep a copy of these steps: nobody finds the coins without them.",
        )
