"""Text of a host that hides, turns around or imitates is marked, and nothing of it is dropped."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.screens.confirm import Confirm
from signer.chains.bitcoin import BITCOIN, CHAIN
from signer.chains.bitcoin.messages.text import visible
from signer.hashes import double_sha256
from signer.keys.path import parse
from signer.review import Kind, Origin, Page
from tests.psbts import keyring, path, text

WHERE = path()


def pages(message: str) -> tuple[Page, ...]:
    return CHAIN.message(message, WHERE, keyring()).pages


def said(message: str) -> list[str]:
    return [f.value for p in pages(message) for f in p.facts if f.origin is Origin.HOST]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("pay \x1b[2K me", "pay <U+001B>[2K me"),
        ("tab\there\r", "tab<U+0009>here<U+000D>"),
        ("\u202eright to left", "<U+202E>right to left"),
        ("\u2066isolate\u2069", "<U+2066>isolate<U+2069>"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("no\u00a0break\u3000", "no<U+00A0>break<U+3000>"),
        ("soft\u00adhyphen", "soft<U+00AD>hyphen"),
        ("fillers \u115f\u3164\u2800", "fillers <U+115F><U+3164><U+2800>"),
        ("line\u2028line\u2029line", "line<U+2028>line<U+2029>line"),
        ("ogham\u1680space", "ogham<U+1680>space"),
        ("\u0627\u0644", "<U+0627><U+0644>"),
        ("number \u0661\u0662", "number <U+0661><U+0662>"),
        ("tag \U000e0041", "tag <U+E0041>"),
        ("private \ue000, none \u0378", "private <U+E000>, none <U+0378>"),
        ("cafe\u0301", "cafe<U+0301>"),
        ("\u05e9\u05dc\u05d5\u05dd", "<U+05E9><U+05DC><U+05D5><U+05DD>"),
        ("\uff50\uff41\uff59, \U0001d429, \ufb01", "<U+FF50><U+FF41><U+FF59>, <U+1D429>, <U+FB01>"),
        ("p\u0430ypal", "p<U+0430>ypal"),  # a Cyrillic letter among Latin ones
        ("\u0440\u0430\u0443pal", "<U+0440><U+0430><U+0443>pal"),
        ("b\u03bftcoin", "b<U+03BF>tcoin"),
        ("the text <U+202E>", "the text <U+003C>U+202E>"),
    ],
)
def test_what_hides_or_pretends_is_marked_and_warned_of(message: str, shown: str) -> None:
    assert said(message) == [f'"{shown}"']
    [page] = [p for p in pages(message) if "like <U+202E>" in text((p,))]
    assert page.kind is Kind.WARNING


def test_half_a_character_is_marked() -> None:
    """Such a text is refused before; what shows it must not depend on that."""
    assert visible("\ud800") == "<U+D800>"


@pytest.mark.parametrize(
    "message",
    [
        "plain text, with <signs> & numbers 123",
        "caf\u00e9, Gr\u00f6\u00dfe, \u0141\u00f3d\u017a",
        "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
        "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1",
        "\u6771\u4eac\u30bf\u30ef\u30fc\u306f",
        "\u6771\u4eac tower",
        "20 \u20ac",
    ],
)
def test_letters_of_any_script_are_shown_as_they_are(message: str) -> None:
    assert said(message) == [f'"{message}"']
    assert not [page for page in pages(message) if page.kind is Kind.WARNING]


def test_words_of_different_scripts_are_a_warning() -> None:
    """A word of Cyrillic letters alone can look like a Latin one."""
    read = text(pages("send to \u0440\u0430\u0443"))
    assert "The letters are Cyrillic and Latin. Some of them look alike." in read


def test_what_is_signed_are_the_bytes_of_the_text_not_of_its_marks() -> None:
    message = "caf\u00e9 \u202e"
    reviewed = CHAIN.message(message, WHERE, keyring())
    body = message.encode()
    prefix = b"\x18Bitcoin Signed Message:\n" + bytes((len(body),))
    assert reviewed.subject.digest == double_sha256(prefix + body)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_text_can_be_told_from_what_is_shown(message: str) -> None:
    read = re.sub("<U[+]([0-9A-F]{4,6})>", lambda m: chr(int(m[1], 16)), visible(message))
    assert read == message
    hidden = {"Cc", "Cf", "Cn", "Co", "Zl", "Zp"}
    assert not [sign for sign in visible(message) if unicodedata.category(sign) in hidden]


def test_the_panel_writes_what_it_cannot_draw_as_an_escape() -> None:
    [page] = [page for page in pages("caf\u00e9") if page.title == "It says"]
    assert '"caf\\xe9"' in Confirm(page).lines()[1]


@pytest.mark.parametrize(
    ("where", "lines"),
    [
        ("m/84h/0h/0h/0/0", ["Address on mainnet bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"]),
        ("m/44h/0h/0h/0/0", ["Address on mainnet 1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"]),
        (
            "m/84h/1h/0h/0/0",
            [
                "Address on testnet tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl",
                "Address on regtest bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk",
            ],
        ),
        ("m/45h/0", []),
        ("m/84h/2h/0h/0/0", []),
    ],
)
def test_the_page_has_the_address_that_a_verifier_asks_for(where: str, lines: list[str]) -> None:
    read = text(CHAIN.message("hello", parse(where), keyring()).pages).splitlines()
    assert [line for line in read if line.startswith("Address")] == lines
    assert f"Key {where}" in read


def test_the_page_of_an_address_has_its_network() -> None:
    asked = BITCOIN.statement("hello", WHERE, "wpkh", keyring(), "regtest")
    assert "\nNetwork regtest\n" in text(asked.pages)
