"""Wallets as descriptors: written, read, and refused in sentences."""

from pathlib import Path

import pytest

from host.errors import BadInput
from host.store import Pairing
from host.wallet import Wallet, descriptors
from signer.formats.descriptor_checksum import checksum_of
from tests.wallets import paired

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
BIP84_FIRST = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"


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
        ("", "There are 0 here"),
        ("\n".join([summed(GOOD)] * 3), "There are 3 here"),
        ("\n".join([summed(GOOD)] * 2), "not those of one wallet"),
        (GOOD + "#qqqqqqqq", "checksum behind the # does not fit"),
        (summed(GOOD).replace("<0;1>", "<0;2>"), "checksum behind the # does not fit"),
        (summed(GOOD)[:-1], "checksum behind the # does not fit"),
        ("wpkh(ключ)", "printable ASCII"),
        ("hello", "no descriptor of a wallet"),
        (f"multi(1,{KEY}/<0;1>/*)", "no descriptor of a wallet"),
        (f"pk({KEY}/<0;1>/*)", "no descriptor of a wallet"),
        (f"combo({KEY}/<0;1>/*)", "no descriptor of a wallet"),
        (f"wpkh({BIP84}/<0;1>/*)", "for the main network, and --network says regtest"),
        (f"wpkh(z{BIP84[1:]}/<0;1>/*)", "begin with xpub, not zpub"),
        (f"wpkh({KEY})", "does not end with"),
        (f"wpkh({KEY}/*)", "does not end with"),
        (f"wpkh({KEY}/<0;1>)", "does not end with"),
        (f"wpkh({KEY}/<0;1>/*h)", "does not end with"),
        (f"wpkh({KEY}/<0;1;2>/*)", "does not end with"),
        (f"wsh(multi(2,{KEY}/<0;1>/*,{KEY}))", "does not end with"),
        (f"wpkh({KEY[:-1]}Z/<0;1>/*)", "No wallet can be made"),
        (f"wpkh({KEY}/<0;1>/*))", "No wallet can be made"),
        (f"wsh(sortedmulti(3,{KEY}/<0;1>/*))", "No wallet can be made"),
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
