"""The multisig file: written in several ways, and never more than it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import multisig_file

_TEXT = """Name: Two of us
Policy: 2 of 2
Format: P2WSH
Derivation: m/48'/0'/0'/2'
E3EBCC79: %s
249192D2: %s
"""
_XPUB = (
    "xpub6EWJLhf2M3XbBH22hCW69RL6gvfeUyLFfhLBtAH7W8ci4DgTCmEmoDEqkYVME5qAx6DtUG82h4JeNPHV33AoD93uG"
    "M7MzvuoJNvBmStqhwc"
)
FILE = _TEXT % (_XPUB, _XPUB)


@given(st.data())
def test_no_change_to_a_file_breaks_the_reader(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(FILE)))
    text = FILE[:at] + data.draw(st.text(max_size=4)) + FILE[at + data.draw(st.integers(0, 9)) :]
    try:
        file = multisig_file.parse(text)
    except Malformed:
        return
    assert 1 <= file.threshold <= len(file.cosigners) == 2


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("m/48'/0'/0'/2'", "m/48h/0H/0'/2h"), ("P2WSH", "p2wsh"), ("2 of 2", "2  OF 2")],
)
def test_a_file_may_be_written_in_several_ways(wrong: str, right: str) -> None:
    assert multisig_file.parse(FILE.replace(wrong, right)) == multisig_file.parse(FILE)


def test_a_private_key_in_a_file_is_refused_and_not_repeated() -> None:
    with pytest.raises(Malformed) as refused:
        multisig_file.parse(FILE.replace("xpub6", "xprvA"))
    assert "xprv" not in str(refused.value)


def test_what_was_written_reads_back() -> None:
    file = multisig_file.parse(FILE)
    assert multisig_file.parse(multisig_file.render(file)) == file
    assert file.is_mainnet


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Derivation: m/48x", "Invalid derivation path"),
        ("Derivation: m/" + "/".join(["1"] * 17), "Invalid derivation path"),
        ("BlindingKey: 00", "Invalid blinding key"),
        ("BlindingKey: not hex", "Invalid blinding key"),
        ("Sorted: perhaps", "Invalid sorted flag"),
        ("Colour: blue", "Invalid multisig file"),
        ("no colon", "Invalid multisig file"),
    ],
)
def test_a_line_that_says_something_else_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        multisig_file.parse(f"{line}\n{FILE}")
