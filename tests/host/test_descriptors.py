"""Wallets as descriptors: written, read, and refused in sentences."""

import json
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest

from host.app.watch import description
from host.config import account_path
from host.errors import BadInput
from host.store import Pairing
from host.wallet import Wallet, descriptors
from signer.chains.bitcoin import CHAIN
from signer.formats import cbor
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.qr import ur
from signer.formats.qr.ur import Ur
from tests.cosigners import TEMPLATES, descriptor, shared, vault
from tests.wallets import STRANGER, keyring, paired

ORIGIN = "[73c5da0a/48h/1h/0h/2h]"
KEY = (
    "tpubDFH9dgzveyD8zTbPUFuLrGmCydNvxehyNdUXKJAQN8x4aZ4j6UZqGfnqFrD4NqyaTVGKbvEW54tsvPTK2UoSbCC1PJ"
    "Y8iCNiwTL3RWZEheQ"
)
# BIP84's own test vector: the account of the mnemonic "abandon ... about", and its addresses.
BIP84 = (
    "xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYV"
    "UhLv1VMrjPC7PW6V"
)
TESTNET = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"  # BIP173
BIP84_FIRST = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"


KEYS = tuple(key.render(vault().policy.network) for key in vault().policy.keys)
PLAIN = descriptor().partition("#")[0]
SETUP = "\n".join(
    (
        "# Coldcard Multisig setup file",
        "Name: club",
        "Policy: 2 of 3",
        "Format: P2WSH",
        "Derivation: m/48'/1'/0'/2'",
        *(f"{key[1:9].upper()}: {key.rpartition(']')[2]}" for key in KEYS),
    )
)


def summed(body: str) -> str:
    return f"{body}#{checksum_of(body)}"


@pytest.mark.parametrize("script", ["pkh", "sh-wpkh", "wpkh", "tr"])
def test_a_wallet_of_a_device_comes_back_as_the_same_wallet(script: str, tmp_path: Path) -> None:
    wallet = paired(tmp_path / "wallet", script=script)
    text = descriptors.write(wallet.pairing)
    assert text == summed(text[:-9])
    again = descriptors.read(text, "regtest")
    assert (again.pairing, again.notes) == (wallet.pairing, ())
    spelled = summed(text[:-9].replace("h/", "'/").replace("h]", "']"))
    assert descriptors.read(spelled, "regtest").pairing == wallet.pairing


@pytest.mark.parametrize(
    "text",
    [
        summed(f"wpkh([73c5da0a/84'/0'/0']{BIP84}/<0;1>/*)"),
        summed(f"wpkh([73c5da0a/84h/0h/0h]{BIP84}/0/*)"),
        "# from another wallet\n\n"
        + summed(f"wpkh([73c5da0a/84h/0h/0h]{BIP84}/0/*)")
        + "\r\n"
        + summed(f"wpkh([73c5da0a/84h/0h/0h]{BIP84}/1/*)"),
        f"  wpkh([73c5da0a/84h/0h/0h]{BIP84}/<0;1>/*)\n",
    ],
)
def test_every_way_to_write_the_account_of_bip84_is_the_same_wallet(
    text: str, tmp_path: Path
) -> None:
    read = descriptors.read(text, "mainnet")
    assert read.pairing == Pairing("mainnet", "wpkh", "73c5da0a", BIP84)
    assert len(read.notes) == (("#" not in text) or text.count("/*") == text.count("/0/*"))
    wallet = Wallet.create(tmp_path / "wallet", read.pairing)
    assert wallet.next_address().address == BIP84_FIRST


@pytest.mark.parametrize(
    "body",
    [
        f"wsh(sortedmulti(1,{ORIGIN}{KEY}/<0;1>/*))",
        f"wsh(and_v(v:pk({ORIGIN}{KEY}/<0;1>/*),older(10)))",
        f"sh(wsh(multi(1,{KEY}/<0;1>/*)))",
        f"tr({ORIGIN}{KEY}/<0;1>/*)",
        f"wpkh({KEY}/<0;1>/*)",
    ],
)
def test_any_other_wallet_is_looked_at_and_comes_back_as_it_was(body: str, tmp_path: Path) -> None:
    read = descriptors.read(summed(body), "regtest")
    assert (read.pairing.script, read.pairing.descriptor) == ("policy", summed(body))
    wallet = Wallet.create(tmp_path / "wallet", read.pairing)
    first = wallet.next_address()
    assert (first.index, first.path) == (0, (0, 0))
    wallet.close()
    again = Wallet.open(tmp_path / "wallet")
    assert again.address_at(0).address == first.address
    assert descriptors.write(again.pairing) == summed(body)


GOOD = f"wpkh({KEY}/<0;1>/*)"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "This is no wallet"),
        (GOOD + "#qqqqqqqq", "its checksum do not fit"),
        (summed(GOOD).replace("<0;1>", "<0;2>"), "its checksum do not fit"),
        (summed(GOOD)[:-1], "its checksum do not fit"),
        ("\n".join((summed(GOOD), summed(f"wpkh({ORIGIN}{KEY}/<0;1>/*)"))), "different accounts"),
        ("wpkh(ключ)", "no extended keys"),
        ("hello", "This is no wallet"),
        (KEY, "none of them is that of an account of wpkh on regtest"),
        (SETUP.replace("Name: club\n", ""), "no line that begins with Name:"),
        (SETUP.replace("Format: P2WSH\n", ""), "no line that begins with Format:"),
        ("{", "JSON breaks off"),
        ('{"label": "club"}', "This is no wallet"),
        ("BSMS 1.0", "no descriptor on its second line"),
        (f"multi(1,{KEY}/<0;1>/*)", "This is no wallet"),
        (f"pk({KEY}/<0;1>/*)", "This is no wallet"),
        (f"combo({KEY}/<0;1>/*)", "This is no wallet"),
        (f"wpkh({BIP84}/<0;1>/*)", "for the main network, and --network says regtest"),
        (f"wsh(multi(1,{BIP84}/<0;1>/*,{KEY}/<0;1>/*))", "Name the right network"),
        (f"wpkh(z{BIP84[1:]}/<0;1>/*)", "a letter was changed or lost"),
        (f"wpkh({KEY}/*)", "branches for receiving and change"),
        (f"wpkh({KEY}/1/*)", "line for change alone"),
        (f"wpkh({KEY}/<0;1>)", "steps behind a key"),
        (f"wpkh({KEY}/<0;1>/*h)", "hardened step"),
        (f"wpkh({KEY}/<0;1;2>/*)", "steps behind a key"),
        (f"wsh(multi(2,{KEY}/<0;1>/*,{KEY}))", "No wallet can be made"),
        (f"wpkh({KEY[:-1]}Z/<0;1>/*)", "a letter was changed or lost"),
        (f"wpkh({KEY}/<0;1>/*))", "No wallet can be made"),
        (f"wsh(sortedmulti(3,{KEY}/<0;1>/*))", "No wallet can be made"),
        (f"tr({KEY}/<0;1>/*,sortedmulti_a(1,{ORIGIN}{KEY}/<2;3>/*))", "No wallet can be made"),
        ("x" * 30_000, "too long"),
    ],
)
def test_what_makes_no_wallet_is_said(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        descriptors.read(text, "regtest")
    assert says in str(refused.value)
    assert "Nothing was changed." in str(refused.value)


@pytest.mark.parametrize(
    "secret",
    [
        "tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK",
        "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
        "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
    ],
)
def test_a_private_key_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadInput, match="private key") as refused:
        descriptors.read(f"wpkh({secret}/<0;1>/*)", "regtest")
    assert secret[:8] not in str(refused.value)


def test_a_taproot_key_without_a_secret_is_no_private_key() -> None:
    point = "5" + "c" * 63
    with pytest.raises(BadInput) as refused:
        descriptors.read(f"tr({point},pk({KEY}/<0;1>/*))x", "regtest")
    assert "private" not in str(refused.value)


# ---- wallets of several keys, as other programs hand them on


@cache
def first_address() -> str:
    """As the device derives it."""
    return CHAIN.policy_address(vault().record(keyring()), keyring(), 0, 0, "regtest")[0]


def handed_on() -> dict[str, str]:
    receiving, change = (summed(PLAIN.replace("<0;1>", digit)) for digit in "01")
    specter = {"label": "club", "blockheight": 1, "descriptor": receiving, "devices": ["a", "b"]}
    return {
        "descriptor": descriptor(),
        "two descriptors": f"{receiving}\n{change}\n",
        "BSMS": f"BSMS 1.0\n{summed(PLAIN.replace('<0;1>/*', '**'))}\n/0/*,/1/*\n{first_address()}",
        "Coldcard": SETUP,
        "Specter": json.dumps(specter),
        "Sparrow": f"# Receive and change descriptor (BIP389):\r\n{descriptor()}\r\n\r\n"
        f"# Receive descriptor (Bitcoin Core):\r\n{receiving}\r\n\r\n"
        f"# Change descriptor (Bitcoin Core):\r\n{change}\r\n",
        "Core": json.dumps({"descriptors": [{"desc": receiving}, {"desc": change}]}),
        "for Core": json.dumps([{"desc": receiving}, {"desc": change, "internal": True}], indent=2),
        "in quotes": f'"{descriptor()}"\n',
        "UR": ur.render(Ur("output-descriptor", cbor.encode({1: descriptor()}))),
    }


@pytest.mark.parametrize("form", handed_on())
def test_a_wallet_of_several_keys_is_read_in_every_form_that_wallets_hand_on(
    form: str, tmp_path: Path
) -> None:
    read = descriptors.read(handed_on()[form], "regtest")
    assert read.pairing.descriptor == descriptor()
    wallet = Wallet.create(tmp_path / "wallet", read.pairing)
    assert wallet.next_address().address == first_address()
    assert len(read.notes) == {"Coldcard": 1, "Specter": 1}.get(form, 0)


@pytest.mark.parametrize(
    ("script", "index"), [("pkh", 0), ("wpkh", 1), ("tr", 2)], ids=["pkh", "wpkh", "tr"]
)
def test_of_an_export_with_a_key_for_each_script_the_one_meant_is_read(
    script: str, index: int
) -> None:
    xpubs = [CHAIN.xpub(keyring(), account_path("regtest", kind), "regtest")
             for kind in ("pkh", "wpkh", "tr")]  # fmt: skip
    generic = {"chain": "XRT", "xfp": "73C5DA0A", "xpub": KEY, **{
        f"bip{purpose}": {"xfp": "00000000", "deriv": f"m/{purpose}'/1'/0'", "xpub": xpub}
        for purpose, xpub in zip((44, 84, 86), xpubs, strict=True)}}  # fmt: skip
    pairing = Pairing("regtest", script, "73c5da0a", xpubs[index])
    assert descriptors.read(json.dumps(generic), "regtest", script).pairing == pairing
    key = f"[73c5da0a/{(44, 84, 86)[index]}'/1'/0']{xpubs[index]}"
    assert descriptors.read(key, "regtest").pairing == pairing
    with pytest.raises(BadInput, match="none of them is that of an account of wpkh on mainnet"):
        descriptors.read(json.dumps(generic), "mainnet")


def test_a_file_may_have_brackets_in_its_name(tmp_path: Path) -> None:
    file = tmp_path / "wallet (1).txt"
    file.write_bytes(descriptor().encode("utf-16"))
    assert description(str(file)) == descriptor()
    assert description(descriptor()) == descriptor()
    assert description("-", BytesIO(descriptor().encode("utf-16"))) == descriptor()
    with pytest.raises(BadInput, match="- is no text"):
        description("-", BytesIO(b"\xe9\xe8"))
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        description(str(tmp_path / "wallet (2).txt"))


def test_a_bsms_record_of_another_network_is_said_to_be_one() -> None:
    record = handed_on()["BSMS"].replace(first_address(), TESTNET)
    with pytest.raises(BadInput, match="belongs to a test network"):
        descriptors.read(record, "regtest")


def test_a_bsms_record_whose_first_address_is_another_is_refused() -> None:
    record = handed_on()["BSMS"].replace(first_address(), STRANGER)
    with pytest.raises(BadInput, match=f"its first address is {STRANGER}"):
        descriptors.read(record, "regtest")


@pytest.mark.parametrize("name", ["nested", "legacy", "later the other", "leaves"])
def test_a_wallet_of_every_shape_has_the_devices_addresses(name: str, tmp_path: Path) -> None:
    template = TEMPLATES[name]
    wallet = shared(tmp_path / "wallet", template)
    record = vault(template).record(keyring())
    for index in range(2):
        derived, _ = CHAIN.policy_address(record, keyring(), 0, index, "regtest")
        assert wallet.next_address().address == derived


def test_what_a_template_means_comes_back_with_its_keys(tmp_path: Path) -> None:
    description = descriptors.describe(shared(tmp_path / "wallet").pairing)
    assert description.template == "wsh(sortedmulti(2,@0/<0;1>/*,@1/<0;1>/*,@2/<0;1>/*))"
    assert description.keys == KEYS
