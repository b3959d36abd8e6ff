"""BIP173 and BIP350: every published example, and what no bytes may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import bech32
from tests.signer.published import own

VECTORS = own("bech32")


@pytest.mark.parametrize("group", ["bech32", "bech32m"])
def test_published_strings_match_their_own_checksum_and_print_back(group: str) -> None:
    assert len(VECTORS[group]) == 7
    for text in VECTORS[group]:
        hrp, values, checksum = bech32.split(text)
        assert checksum is bech32.Checksum[group.upper()]
        assert bech32.join(hrp, values, checksum) == text.lower()


@pytest.mark.parametrize("text", VECTORS["invalid"], ids=ascii)
def test_published_invalid_strings_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        bech32.split(text)


@pytest.mark.parametrize("case", VECTORS["addresses"], ids=lambda case: case["address"])
def test_published_addresses_read_and_print_back(case: dict[str, str]) -> None:
    hrp = case["address"][:2].lower()
    version, program = bech32.decode(hrp, case["address"])
    opcode = version + 0x50 if version else 0
    assert bytes((opcode, len(program))) + program == bytes.fromhex(case["script_pubkey"])
    assert bech32.encode(hrp, version, program) == case["address"].lower()


@pytest.mark.parametrize("case", VECTORS["invalid_addresses"], ids=lambda case: case["address"])
def test_published_invalid_addresses_are_malformed_for_the_published_reason(
    case: dict[str, str],
) -> None:
    hrp = "tb" if case["address"].lower().startswith("tb") else "bc"
    with pytest.raises(Malformed, match=case["why"]):
        bech32.decode(hrp, case["address"])


def test_an_address_of_another_network_is_malformed() -> None:
    with pytest.raises(Malformed, match="does not start with bcrt1"):
        bech32.decode("bcrt", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")


def test_a_prefix_may_hold_the_first_and_the_last_letter_that_print() -> None:
    text = bech32.join("!~", [1, 2, 3], bech32.Checksum.BECH32M)
    assert bech32.split(text) == ("!~", [1, 2, 3], bech32.Checksum.BECH32M)


@pytest.mark.parametrize(
    ("text", "place"), [("bc1bqqqqqqq", 4), ("bc1qqqqqqqi", 11), ("longer1qoqqqqqq", 9)]
)
def test_a_letter_that_is_not_bech32_is_named_by_its_place(text: str, place: int) -> None:
    with pytest.raises(Malformed, match=f"position {place} "):
        bech32.split(text)


@pytest.mark.parametrize("size", [5, 6, 8])
def test_a_letter_of_nothing_at_the_end_makes_no_second_text_of_an_address(size: int) -> None:
    groups = bech32.regroup(bytes(size), 8, 5, pad=True)
    text = bech32.join("bc", [1, *groups, 0], bech32.Checksum.BECH32M)
    with pytest.raises(Malformed, match="bits that mean nothing"):
        bech32.decode("bc", text)


@pytest.mark.parametrize(("version", "size"), [(-1, 32), (17, 32), (1, 1), (1, 41), (0, 21)])
def test_what_is_no_witness_program_is_never_printed(version: int, size: int) -> None:
    with pytest.raises(Malformed):
        bech32.encode("bc", version, bytes(size))


@given(st.integers(1, 16), st.binary(min_size=2, max_size=40))
def test_every_program_reads_back(version: int, program: bytes) -> None:
    assert bech32.decode("bcrt", bech32.encode("bcrt", version, program)) == (version, program)


@given(st.binary(min_size=20, max_size=20), st.data())
def test_up_to_four_changed_letters_are_always_noticed(program: bytes, data: st.DataObject) -> None:
    address = list(bech32.encode("bc", 0, program))
    places = data.draw(st.sets(st.integers(3, len(address) - 1), min_size=1, max_size=4))
    for place in places:
        others = bech32.ALPHABET.replace(address[place], "")
        address[place] = data.draw(st.sampled_from(others))
    with pytest.raises(Malformed):
        bech32.decode("bc", "".join(address))


@given(st.text(max_size=100) | st.text(alphabet=bech32.ALPHABET, max_size=80).map("bc1".__add__))
def test_no_text_breaks_it(text: str) -> None:
    try:
        version, program = bech32.decode("bc", text)
    except Malformed:
        return
    assert bech32.encode("bc", version, program) == text.lower()
