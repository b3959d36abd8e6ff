"""Silent payment addresses (BIP352): text and the two keys behind it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import bech32, silent_address
from signer.formats.bech32 import Checksum
from signer.formats.silent_address import SilentAddress
from tests.signer.published import shared

# BIP352's first vector (BSD-2-Clause).
TEXT = (
    "sp1qqgste7k9hx0qftg6qmwlkqtwuy6cycyavzmzj85c6qdfhjdpdjtdgqjuexzk6murw56suy3e0rd2cgqvycxttddw"
    "svgxe2usfpxumr70xc9pkqwv"
)
SCAN = bytes.fromhex("0220bcfac5b99e04ad1a06ddfb016ee13582609d60b6291e98d01a9bc9a16c96d4")
SPEND = bytes.fromhex("025cc9856d6f8375350e123978daac200c260cb5b5ae83106cab90484dcd8fcf36")

compressed = st.tuples(st.sampled_from((b"\2", b"\3")), st.binary(min_size=32, max_size=32)).map(
    b"".join
)


def text(version: int, data: bytes, checksum: Checksum = Checksum.BECH32M) -> str:
    return bech32.join("sp", [version, *bech32.regroup(data, 8, 5, pad=True)], checksum)


def test_the_published_address_reads_and_prints_back() -> None:
    address = silent_address.decode(TEXT, "mainnet")
    assert (address.scan_key, address.spend_key) == (SCAN, SPEND)
    assert address.encode("mainnet") == TEXT


def test_every_address_of_the_bip352_vectors_reads_and_prints_back() -> None:
    cases = json.loads(shared("bip352/send_and_receive_test_vectors.json").read_text())
    seen = 0
    for case in cases:
        for sending in case["sending"]:
            for told in sending["given"]["recipients"]:
                address = silent_address.decode(told["address"], "mainnet")
                assert address.scan_key.hex() == told["scan_pub_key"]
                assert address.spend_key.hex() == told["spend_pub_key"]
                assert address.encode("mainnet") == told["address"]
                seen += 1
    assert seen == 37


@given(compressed, compressed, st.sampled_from(sorted(silent_address.PREFIXES)))
def test_every_address_reads_back_on_its_network_and_on_no_other(
    scan: bytes, spend: bytes, network: str
) -> None:
    address = SilentAddress(scan, spend)
    shown = address.encode(network)
    assert shown.startswith(silent_address.PREFIXES[network] + "1q")
    assert silent_address.decode(shown.upper(), network) == address
    others = {
        n for n, prefix in silent_address.PREFIXES.items() if not shown.startswith(prefix + "1")
    }
    assert len(others) >= 2
    for other in others:
        with pytest.raises(Malformed, match="does not start with"):
            silent_address.decode(shown, other)


@pytest.mark.parametrize(
    ("network", "start"), [("mainnet", "sp1qq"), ("testnet", "tsp1qq"), ("regtest", "sprt1qq")]
)
def test_how_it_starts_says_the_network(network: str, start: str) -> None:
    assert SilentAddress(SCAN, SPEND).encode(network).startswith(start)


@pytest.mark.parametrize("version", [1, 30])
def test_of_a_later_version_what_follows_the_keys_is_for_others(version: int) -> None:
    assert silent_address.decode(text(version, SCAN + SPEND), "mainnet").scan_key == SCAN
    longer = text(version, SCAN + SPEND + b"news" * 100)
    assert silent_address.decode(longer, "mainnet") == SilentAddress(SCAN, SPEND)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (text(31, SCAN + SPEND), "not known yet"),
        (text(0, SCAN + SPEND + b"x"), "two compressed"),
        (text(0, SCAN + SPEND[:-1]), "two compressed"),
        (text(5, SCAN + SPEND[:-1]), "two compressed"),
        (text(0, b"\4" + SCAN[1:] + SPEND), "two compressed"),
        (text(0, SCAN + b"\1" + SPEND[1:]), "two compressed"),
        (text(0, SCAN + SPEND, Checksum.BECH32), "bech32m"),
        (bech32.join("sp", [], Checksum.BECH32M), "bech32m"),
        (TEXT[:-1] + "w", "checksum"),
        (text(1, SCAN + SPEND + bytes(600)), "1023"),
        (TEXT.replace("q", "q\u0660", 1), "ASCII"),
    ],
)
def test_what_nobody_could_receive_at_is_malformed(bad: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        silent_address.decode(bad, "mainnet")


@given(st.text(max_size=130) | st.text(alphabet=bech32.ALPHABET, max_size=130).map("sp1".__add__))
def test_no_text_breaks_it(said: str) -> None:
    try:
        address = silent_address.decode(said, "mainnet")
    except Malformed:
        return
    assert silent_address.decode(address.encode("mainnet"), "mainnet") == address


@given(st.data())
def test_up_to_four_changed_letters_are_noticed(data: st.DataObject) -> None:
    letters = list(SilentAddress(SCAN, SPEND).encode("regtest"))
    places = data.draw(st.sets(st.integers(5, len(letters) - 1), min_size=1, max_size=4))
    for place in places:
        letters[place] = data.draw(st.sampled_from(bech32.ALPHABET.replace(letters[place], "")))
    with pytest.raises(Malformed):
        silent_address.decode("".join(letters), "regtest")
