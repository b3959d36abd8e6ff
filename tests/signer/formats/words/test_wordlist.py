"""The lists that seeds are written in."""

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from signer.errors import Malformed
from signer.formats.words import wordlist
from tests.signer.published import ROOT, shared


@pytest.mark.parametrize("language", wordlist.LANGUAGES)
def test_the_list_is_bip39_s_word_for_word(language: str) -> None:
    file = shared(f"bip39-wordlists/{language}.txt")
    assert tuple(file.read_text("utf-8").split()) == wordlist.words_of(language)


@pytest.mark.parametrize("language", wordlist.LANGUAGES)
def test_a_list_has_2048_words_all_different_and_normalized(language: str) -> None:
    words = wordlist.words_of(language)
    assert len(words) == len(set(words)) == 2048
    assert all(unicodedata.normalize("NFKD", word) == word for word in words)


def test_the_languages_are_those_of_bip85_in_its_order() -> None:
    assert " ".join(wordlist.LANGUAGES) == (
        "english japanese korean spanish chinese_simplified chinese_traditional french italian "
        "czech portuguese"
    )


def test_four_letters_are_enough_to_tell_any_two_words_apart() -> None:
    assert len({word[:4] for word in wordlist.ENGLISH}) == 2048


@pytest.mark.parametrize("language", wordlist.LANGUAGES)
def test_a_list_with_two_words_swapped_stops_the_program(language: str) -> None:
    words = [*wordlist.words_of(language)]
    words[0], words[1] = words[1], words[0]
    with pytest.raises(RuntimeError, match=f"not the {language} list"):
        wordlist._checked(language, "".join(f"{word}\n" for word in words).encode())


def test_a_language_without_a_list_is_malformed() -> None:
    for language in ("", "turkish", "../../secret", "English"):
        with pytest.raises(Malformed, match="no word list"):
            wordlist.words_of(language)


def test_starting_reads_english_alone_and_runs_nothing_of_the_package_it_comes_from() -> None:
    code = (
        "import sys; from signer.keys.seeds import mnemonic;"
        "from signer.formats.words import wordlist;"
        "print('mnemonic' in sys.modules, wordlist.words_of.cache_info().currsize)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "1"]


def test_a_folder_of_that_name_is_no_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mnemonic").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(RuntimeError, match="not installed"):
        wordlist._file("english")


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordlist, "PathFinder", type("None_", (), {"find_spec": lambda _: None}))
    with pytest.raises(RuntimeError, match="not installed"):
        wordlist._file("english")
