"""T58: how long words take to be looked up must not tell a host which words they are.

What can be promised in Python: the same steps for all words, each over the same number of bytes,
through a comparison that does not stop early, and no complaint before all words were looked up.
Steps are counted here, because a clock on a busy machine proves nothing.
"""

import hmac
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from signer.errors import Malformed
from signer.formats.words.wordlist import LANGUAGES, words_of
from signer.keys.backups import slip39_share
from signer.keys.seeds import lookup, mnemonic

ENGLISH = words_of("english")


def steps(*words: str) -> Counter[tuple[str, int]]:
    """How often each line of the signer ran while these words were looked up."""
    counted: Counter[tuple[str, int]] = Counter()

    def trace(frame: FrameType, event: str, _arg: object) -> Callable[..., Any]:
        if event == "line" and "/signer/keys/" in frame.f_code.co_filename:
            counted[frame.f_code.co_filename, frame.f_lineno] += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        mnemonic.indexes_from_words(words)
    except Malformed:
        counted["malformed", 0] += 1
    finally:
        sys.settrace(before)
    return counted


def test_all_words_take_the_same_steps() -> None:
    mnemonic.indexes_from_words((ENGLISH[0],) * 12)  # the list is made ready once
    taken = [
        steps(*(ENGLISH[place],) * 12) for place in (0, 1, 255, 256, 1023, 1024, 2046, 2047)
    ] + [steps(*ENGLISH[100:112])]
    assert all(taken[0] == other for other in taken)
    assert sum(taken[0].values()) > 12 * 2048


def test_words_off_the_list_take_them_too_wherever_they_stand() -> None:
    known = ENGLISH[5]
    taken = [
        steps(*(known,) * place, wrong, *(known,) * (11 - place))
        for place, wrong in ((0, "a"), (5, "zzzzzzzz"), (11, "abandonx"))
    ]
    assert taken[0]["malformed", 0] == 1
    assert taken[0] == taken[1] == taken[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_is_compared_in_the_way_that_does_not_stop_early(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = Counter[tuple[int, int]]()

    def compare(known: bytes, wanted: bytes) -> bool:
        sizes[len(known), len(wanted)] += 1
        return hmac.compare_digest(known, wanted)

    monkeypatch.setattr(lookup, "compare_digest", compare)
    words = (words_of(language)[0], words_of(language)[2047]) * 6
    mnemonic.indexes_from_words(words, language)
    (size, count), *others = sizes.items()
    assert others == []
    assert size[0] == size[1]
    assert count == 12 * 2048


def test_the_words_of_shares_are_looked_up_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def compare(known: bytes, wanted: bytes) -> bool:
        nonlocal count
        count += 1
        return hmac.compare_digest(known, wanted)

    monkeypatch.setattr(lookup, "compare_digest", compare)
    for word in ("academic", "zero", "bitcoin"):
        with pytest.raises(Malformed):
            slip39_share.parse((word,) * 20)
    assert count == 3 * 20 * 1024
