"""The figures of the house hold. `python -m tests.contracts.figures` prints them all."""

import pytest

from tests.contracts import figures

GRAMMAR_PERCENT = 2
SHARED_NAMES = 15
SAYS_SO_PERCENT = 90
LONGEST_FUNCTION = 37
HOST_TESTS_TO_SOURCE = 0.8
# Each raises again, or ends the process.
BROAD_EXCEPTS = 5
each_package = pytest.mark.parametrize("package", figures.PACKAGES)


@each_package
def test_names_are_nouns_of_the_field(package: str) -> None:
    grammar, total = figures.grammar_names(package)
    assert grammar.total() <= total * GRAMMAR_PERCENT / 100, grammar.most_common()


def test_few_class_names_stand_for_two_things() -> None:
    shared = figures.shared_class_names()
    assert len(shared) <= SHARED_NAMES, shared


def test_no_room_is_crowded() -> None:
    assert figures.crowded_folders() == {}


@each_package
def test_a_public_function_that_raises_says_so(package: str) -> None:
    silent, raisers = figures.silent_raisers(package)
    assert len(silent) <= raisers * (100 - SAYS_SO_PERCENT) / 100, silent


def test_no_function_is_long() -> None:
    lines, function = figures.longest_function()
    assert lines <= LONGEST_FUNCTION, function


def test_nothing_new_is_caught_broadly() -> None:
    assert len(figures.broad_excepts()) <= BROAD_EXCEPTS, figures.broad_excepts()


def test_what_the_app_does_without_a_screen_stands_below_it() -> None:
    assert figures.headless_files_of_the_app() == []


def test_only_protocols_of_bitcoin_name_it_in_the_device() -> None:
    folders = figures.folders_of_the_device_that_name("bitcoin")
    assert folders <= {"firmware_emu/personalities/air", "firmware_emu/personalities/jade"}


def test_the_host_has_nearly_as_many_lines_of_tests() -> None:
    assert sum(map(figures.lines, figures.HOST_TESTS)) >= HOST_TESTS_TO_SOURCE * figures.lines(
        "host"
    )


def test_an_engineer_finds_the_words_of_the_field() -> None:
    """By full-text search, in the source."""
    text = "\n".join(
        path.read_text("utf-8").lower().replace("_", " ")
        for package in figures.PACKAGES
        for path in (figures.ROOT / package).rglob("*.py")
    )
    terms = (
        "change detection", "utxo", "sighash type", "wallet policy", "registration", "fee rate",
        "mempool", "prevout",
    )  # fmt: skip
    assert [term for term in terms if term not in text] == []
