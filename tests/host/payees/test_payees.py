"""Whom people mean by what they paste, and what they are told when it is nobody."""

import bdkpython as bdk
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.config import BASE58_VERSIONS, BECH32_HRP, NETWORKS
from host.payees import PayeeError, SecretPasted, read_payee
from host.payees.payee import LONGEST_TEXT
from host.wallet.payment_request import NETWORKS as BDK_NETWORKS
from signer.formats import base58, bech32
from signer.formats.bech32 import Checksum
from signer.formats.silent_address import PREFIXES, SilentAddress
from tests.signer.silents import BOB

PAYEE = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173
TAPROOT = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"
MAINNET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
FOURS = " ".join(PAYEE[start : start + 4] for start in range(0, len(PAYEE), 4))


def failure(text: str, network: str = "regtest") -> str:
    with pytest.raises(PayeeError) as caught:
        read_payee(text, network)
    assert "No payment was created." in str(caught.value)
    return caught.value.hint


# ---- every spelling of an address


SPELLINGS = (
    PAYEE,
    PAYEE.upper(),
    FOURS,
    FOURS.replace(" ", "\N{NO-BREAK SPACE}"),
    FOURS.replace(" ", "\N{ZERO WIDTH SPACE}"),
    f"{PAYEE[:20]}\r\n  {PAYEE[20:]}\n",
    f"\N{ZERO WIDTH NO-BREAK SPACE}{PAYEE}\N{ZERO WIDTH SPACE}",
    f"\N{LEFT-TO-RIGHT MARK}{PAYEE}\N{SOFT HYPHEN}",
    f'"{PAYEE}"',
    f"<{PAYEE}>",
    f"({PAYEE}).",
    f"\N{LEFT DOUBLE QUOTATION MARK}{PAYEE}\N{RIGHT DOUBLE QUOTATION MARK},",
    f"`{PAYEE}`;",
    f"bitcoin:{PAYEE}",
    f"BITCOIN:{PAYEE.upper()}",
    f"BitCoin:{PAYEE}?",
    f"bitcoin://{PAYEE}",
    f"bitcoin:?bcrt={PAYEE}",
    f"bitcoin:{PAYEE}?sp=sp1qqqq&lno=lno1xx&foo",
    f"bitcoin:?bcrt=nonsense&bcrt={PAYEE}",
    f"<bitcoin:{PAYEE}?label=Shop>",
    f"bitcoin:{FOURS}?label=two words",
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_an_address_is_the_same_payee(text: str) -> None:
    payee = read_payee(text, "regtest")
    assert payee.address == PAYEE
    assert payee.script_pubkey.hex() == "0014751e76e8199196d454941c45d1b3a323f1433bd6"  # BIP173


@pytest.mark.parametrize("network", NETWORKS)
@given(program=st.binary(min_size=20, max_size=20), noise=st.sampled_from(" \n\t\u200b\u00a0"))
def test_the_script_is_the_one_that_another_library_pays_to(
    network: str, program: bytes, noise: str
) -> None:
    spelled = (
        bech32.encode(BECH32_HRP[network], 0, program),
        bech32.encode(BECH32_HRP[network], 0, (program * 2)[:32]),
        bech32.encode(BECH32_HRP[network], 1, (program * 2)[:32]),
        *(base58.encode_check(v + program) for v in BASE58_VERSIONS[network]),
    )
    for text in spelled:
        payee = read_payee(f"{text[:9]}{noise}{text[9:]}", network)
        oracle = bdk.Address(text, BDK_NETWORKS[network]).script_pubkey().to_bytes()
        assert (payee.address, payee.script_pubkey) == (text, bytes(oracle))


@given(text=st.text(max_size=200))
def test_no_text_breaks_it_and_what_is_taken_is_an_address(text: str) -> None:
    for variant in (text, f"bitcoin:{text}", f"bitcoin:{PAYEE}?{text}", f"{PAYEE}{text}"):
        try:
            payee = read_payee(variant, "regtest")
        except PayeeError:
            continue
        assert read_payee(payee.address, "regtest").address == payee.address


@given(
    place=st.integers(0, len(PAYEE) - 1), letter=st.characters(min_codepoint=33, max_codepoint=126)
)
def test_no_changed_letter_pays_somebody_else(place: int, letter: str) -> None:
    changed = PAYEE[:place] + letter + PAYEE[place + 1 :]
    try:
        payee = read_payee(changed, "regtest")
    except PayeeError:
        return
    assert payee.address == PAYEE, changed  # punctuation at the end


# ---- typos


DATA_LETTERS = st.integers(len("bcrt1"), len(TAPROOT) - 1)


def mistyped(address: str, place: int, shift: int) -> str:
    letter = bech32.ALPHABET[(bech32.ALPHABET.index(address[place]) + shift) % 32]
    return address[:place] + letter + address[place + 1 :]


@given(
    first=st.integers(5, len(PAYEE) - 1),
    second=st.integers(5, len(PAYEE) - 1),
    shift=st.integers(1, 31),
    address=st.sampled_from([PAYEE, TAPROOT]),
)
def test_up_to_two_wrong_letters_are_located_and_never_corrected(
    first: int, second: int, shift: int, address: str
) -> None:
    wrong = mistyped(address, first, shift)
    places = {first}
    if second != first:
        wrong = mistyped(wrong, second, shift)
        places.add(second)
    hint = failure(wrong)
    if first == 5 or second == 5:
        assert hint  # with another version, its length may be wrong
        return
    assert "probably wrong" in hint
    for place in places:
        assert f"[{wrong[place]}]" in hint
        assert str(place + 1) in hint
    assert address not in hint


def test_more_wrong_letters_are_not_guessed_at() -> None:
    wrong = PAYEE
    for place in (10, 18, 26, 34):
        wrong = mistyped(wrong, place, 7)
    assert "Several letters of this address are wrong" in failure(wrong)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PAYEE[:-2] + "o0", "Letter 43 is none that an address has: …ygt0[o]0."),
        (PAYEE[:-1], "This address is not complete."),
        (PAYEE[:9], "This address is not complete."),
        (PAYEE + "qq", "2 letters are too many."),
        (TAPROOT[:-1], "1 letter is missing."),
        (TAPROOT + "q", "1 letter is too many."),
        (f"{PAYEE}\n{TAPROOT}", "There are two addresses here, or one twice."),
        (PAYEE * 2, "There are two addresses here, or one twice."),
        (PAYEE[:4].upper() + PAYEE[4:], "Capital and small letters are mixed"),
        (PAYEE.replace("a", "\N{CYRILLIC SMALL LETTER A}"), "Cyrillic small letter a"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfm", "wrong or missing, or was a capital one"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRf0", "Letter 34 is none that an address has"),
        ("mipcbbfg9gmich81kj8tqqdgozub1zjrfn", "wrong or missing, or was a capital one"),
        (MAINNET, "belongs to the main network (mainnet), and this wallet is on regtest"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "belongs to a test network (testnet)"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "belongs to the main network"),
        ("", "nothing to read"),
        ("...", "nothing to read"),
        ("x" * 10_000, "far too long"),
        ("hello", "not a Bitcoin address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(text: str, says: str) -> None:
    assert says in failure(text)


# ---- payment requests


def test_a_request_has_an_amount_and_words() -> None:
    payee = read_payee(
        f"BITCOIN:{PAYEE.upper()}?amount=0.0001&label=Caf%C3%A9+Luke&message=Order%20%231",
        "regtest",
    )
    assert (payee.sats, payee.label, payee.message) == (10_000, "Café+Luke", "Order #1")
    assert payee.notes == ()


@pytest.mark.parametrize(
    ("amount", "sats"),
    [("0.0001", 10_000), ("1", 100_000_000), ("20.3", 2_030_000_000), (".5", 50_000_000),
     ("50.00", 5_000_000_000), ("0.00000001", 1), ("0.000100000000", 10_000)],
)  # fmt: skip
def test_an_amount_of_a_request_is_in_bitcoins(amount: str, sats: int) -> None:
    assert read_payee(f"bitcoin:{PAYEE}?amount={amount}", "regtest").sats == sats


@pytest.mark.parametrize(
    "amount", ["", ".", "50,000.00", "-1", "1e3", "0", "0.000000001", "21000001", "٣", "0x1"]
)
def test_any_other_amount_is_refused(amount: str) -> None:
    assert "amount in this request" in failure(f"bitcoin:{PAYEE}?amount={amount}")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("amount=0.0001&req-test=1", "needs req-test, which is not known here"),
        ("REQ-POP=x", "needs req-pop"),
        ("amount=1&amount=2", "two different things as its amount"),
        ("label=%", "a % stands alone"),
        ("label=%FF", "text that cannot be read"),
        ("&".join("x" for _ in range(100)), "too many parts"),
    ],
)
def test_a_request_that_cannot_be_followed_is_refused(query: str, says: str) -> None:
    assert says in failure(f"bitcoin:{PAYEE}?{query}")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("lightning=lnbc1", "also offers Lightning; it is paid on the chain"),
        ("pj=https://x", "also offers payjoin"),
        ("sp=sp1", "also offers silent payments"),
        ("pop=x%3A", "asks for a proof of payment; none is sent"),
        ("tb=tb1x", "has an address of another network"),
        ("foo=1&bar=2", "left aside: foo, bar"),
    ],
)
def test_what_is_left_aside_is_said(query: str, note: str) -> None:
    (said,) = read_payee(f"bitcoin:{PAYEE}?{query}", "regtest").notes
    assert note in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bitcoin:", "There is no address in this request."),
        ("bitcoin:?amount=1", "There is no address in this request."),
        ("bitcoin:?lightning=lnbc1", "can be paid by Lightning only"),
        ("bitcoin:?tb=tb1q", "is for testnet, and this wallet is on regtest"),
        (f"bitcoin:{MAINNET}", "belongs to the main network"),
        (f"bitcoin:{PAYEE}?{'x' * LONGEST_TEXT}", "far too long"),
    ],
)
def test_a_request_without_an_address_says_what_it_has(text: str, says: str) -> None:
    assert says in failure(text)


# ---- what is pasted instead


WIF = base58.encode_check(b"\x80" + b"\x11" * 32 + b"\x01")
XPRV = base58.encode_check(bytes.fromhex("0488ade4") + b"\x22" * 74)
SECRETS = (
    WIF,
    base58.encode_check(b"\xef" + b"\x11" * 32),
    WIF[:-1] + ("a" if WIF[-1] != "a" else "b"),  # mistyped, and still a secret
    XPRV,
    f"wpkh({XPRV}/0/*)",
    "abandon " * 11 + "about",
    ("Abandon " * 23 + "art").upper(),
    "ms10testsxxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw",
    "nsec1" + "q" * 58,
    f"bitcoin:{WIF}",
    f"bitcoin:?bcrt={WIF}",
)


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SecretPasted) as caught:
        read_payee(text, "regtest")
    said = f"{caught.value!r} {caught.value} {caught.value.hint}"
    assert "never paste or type it" in said
    bare = text.rsplit(":", maxsplit=1)[-1].rsplit("=", maxsplit=1)[-1]
    assert not any(bare[start : start + 8] in said for start in range(len(bare) - 8))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lnbc20u1p3y0x3hpp5743k2g0fsqqxj7n8qzuhns5gmkk4djeejk3wkp64ppevgekvc0jsdqcve5", "invoice"),
        ("LIGHTNING:LNBC20U1P3Y0X3HPP5743K", "Lightning invoice"),
        ("lnurl1dp68gurn8ghj7um9wfmxjcm99e3k7mf0v9cxj0m385ekvcenxc6r2c35xvukxefcv5mkvv34x5ekzd3",
         "LNURL"),
        ("lno1pqpsrp4qpq9hxctnv5", "BOLT12"),
        ("0x" + "aB" * 20, "Ethereum"),
        ("ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "Litecoin"),
        ("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "Litecoin"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "Bitcoin Cash"),
        ("DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", "Dogecoin"),
        ("a1" * 32, "txid"),
        ("0200000001" + "ab" * 60, "a whole transaction"),
        ("02" + "ab" * 32, "a public key"),
        ("cHNidP8BAHECAAAAAQ", "PSBT"),
        ("cHNidP8B" + "A" * 50_000, "PSBT"),
        ("70736274ff01", "PSBT"),
        ("tpubD6NzVbkrYhZ4XHndKkuB8FifXm8r5FQHwrN6oZuWCz13qb93rtgKvD4PQsqC4HP4yhV3tA2fqr2RbY5m",
         "xpub"),
        ("[d34db33f/84h/0h/0h]xpub6DJ2dNUysrn5Vt36jH2KLBT2i1auw1tTSSomg8PhqNiUtx8QX2SvC9nrHu81f",
         "xpub"),
        ("wpkh([d34db33f/84h/0h/0h]xpub6DJ2dN/0/*)#abcdefgh", "descriptor"),
        ("https://pay.example.org/i/1", "web page"),
        ("ur:crypto-psbt/1-2/lpadaocs", "(UR)"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_named_as_what_it_is(text: str, says: str) -> None:
    hint = failure(text)
    assert says in hint
    assert text not in hint


# ---- silent payment addresses (BIP352)


@pytest.mark.parametrize("network", PREFIXES)
def test_a_silent_address_is_read_on_its_networks_alone(network: str) -> None:
    text = BOB.encode(network)
    for spelling in (text, text.upper(), f" {text[:40]}\n{text[40:]}\u200b"):
        payee = read_payee(spelling, network)
        assert (payee.address, payee.silent, payee.script_pubkey) == (text, BOB, b"")
        assert "(BIP352)" in payee.notes[0]
    for other, prefix in PREFIXES.items():
        if prefix != PREFIXES[network]:
            assert "belongs to " in failure(text, other)


SILENT = BOB.encode("regtest")
SILENT_LETTERS = st.integers(len("sprt1"), len(SILENT) - 1)


@given(SILENT_LETTERS, st.integers(1, 31))
@settings(max_examples=40)
def test_one_wrong_letter_of_a_silent_address_is_located(place: int, shift: int) -> None:
    wrong = mistyped(SILENT, place, shift)
    hint = failure(wrong)
    assert f"Letter {place + 1} is probably wrong: " in hint
    assert f"[{wrong[place]}]" in hint
    assert "Compare with where you have it from." in hint
    assert SILENT not in hint


@given(st.lists(SILENT_LETTERS, min_size=2, max_size=2, unique=True), st.integers(1, 31))
@settings(max_examples=30)
def test_two_wrong_letters_of_a_silent_address_are_located(places: list[int], shift: int) -> None:
    wrong = mistyped(mistyped(SILENT, places[0], shift), places[1], 7)
    first, second = sorted(places)
    assert f"Letters {first + 1} and {second + 1} are probably wrong" in failure(wrong)


# At this length there are addresses that differ in four letters: here 11, 25, 61 and 118.
SIBLING = (
    "sprt1qqd8nek7uklxq4aegaulvawtptkgxsja4kt99lpv6krctwpq8tpc65qnxd4lu4etruh9sngx3su9mtqp5fqzxz7re"
    "59y5nnez9p03ht3lyult5ra3"
)


def test_two_wrong_letters_that_two_addresses_explain_are_not_guessed_at() -> None:
    read_payee(SIBLING, "regtest")
    halfway = SIBLING[:40] + SILENT[40:]
    assert [place for place, letter in enumerate(halfway) if letter != SILENT[place]] == [10, 24]
    assert [place for place, letter in enumerate(halfway) if letter != SIBLING[place]] == [60, 117]
    assert "which ones cannot be told" in failure(halfway)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SILENT[:-1], "1 letter is missing."),
        (SILENT + "qq", "2 letters are too many."),
        (SILENT[:60] + "b" + SILENT[61:], "Letter 61 is none that an address has: "),
        (
            SilentAddress(b"\x02" + bytes(32), BOB.spend_key).encode("regtest"),
            "No letter of this silent payment address is wrong",
        ),
        (
            bech32.join("sprt", [31, *bech32.regroup(bytes(66), 8, 5, pad=True)], Checksum.BECH32M),
            "This version of silent payment addresses is not known yet.",
        ),
    ],
)
def test_what_is_wrong_with_a_silent_address_is_said(text: str, says: str) -> None:
    assert says in failure(text)


def test_a_request_of_a_silent_address_alone_is_paid_to_it() -> None:
    text = BOB.encode("regtest")
    payee = read_payee(f"bitcoin:?sprt={text}&amount=0.0002&lightning=lnbc1", "regtest")
    assert (payee.address, payee.silent, payee.sats) == (text, BOB, 20_000)
    assert payee.notes[1:] == ("The request also offers Lightning; it is paid on the chain.",)
    both = read_payee(f"bitcoin:{PAYEE}?sprt={text}", "regtest")
    assert (both.address, both.silent) == (PAYEE, None)
    assert "also offers silent payments" in both.notes[0]
    assert "is for mainnet" in failure(f"bitcoin:?sp={BOB.encode('mainnet')}")
