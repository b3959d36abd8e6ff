"""Where things are kept, and the facts every part of the wallet agrees on."""

import stat
import sys
from pathlib import Path

import bdkpython as bdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host import config
from host.config import HARDENED, HomeFolder, account_path, grouped, private_folder, render_path
from host.errors import WalletError
from host.p2p.headers import EASIEST
from host.p2p.messages import MAGIC
from host.payees.addresses import NETWORK_TITLES
from host.wallet.payment_request import NETWORKS as BDK_NETWORKS
from signer.keys import path as device_path


@pytest.mark.parametrize(
    ("network", "script", "text"),
    [
        ("mainnet", "wpkh", "84h/0h/0h"),
        ("testnet", "wpkh", "84h/1h/0h"),
        ("testnet4", "wpkh", "84h/1h/0h"),
        ("signet", "tr", "86h/1h/0h"),
        ("regtest", "wpkh", "84h/1h/0h"),
        ("mainnet", "tr", "86h/0h/0h"),
        ("testnet", "tr", "86h/1h/0h"),
        ("regtest", "tr", "86h/1h/0h"),
    ],
)
def test_an_account_is_where_its_standard_puts_it(network: str, script: str, text: str) -> None:
    assert render_path(account_path(network, script)) == text


@pytest.mark.parametrize(
    ("network", "script", "says"),
    [
        ("liquid", "wpkh", "'liquid' here. Choose mainnet, testnet, testnet4, signet or regtest."),
        ("mainnet", "p2pk", "'p2pk' here. Choose pkh, sh-wpkh, wpkh or tr."),
    ],
)
def test_what_is_not_known_is_named_with_what_is(network: str, script: str, says: str) -> None:
    with pytest.raises(WalletError, match=says):
        account_path(network, script)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=8))
def test_a_path_is_written_as_the_device_reads_it(steps: list[int]) -> None:
    text = render_path(tuple(steps))
    assert tuple(device_path.parse(f"m/{text}" if text else "m")) == tuple(steps)


def test_every_table_of_networks_has_every_network() -> None:
    tables = (config.BECH32_HRP, config.BASE58_VERSIONS, config.PEER_PORTS, config.DNS_SEEDS)
    for table in (*tables, BDK_NETWORKS, MAGIC, EASIEST, NETWORK_TITLES):
        assert set(table) == set(config.NETWORKS)


def test_no_two_networks_share_their_magic_or_their_port() -> None:
    for table in (MAGIC, config.PEER_PORTS):
        assert len(set(table.values())) == len(config.NETWORKS)


def test_only_the_private_network_has_no_seeds() -> None:
    assert [network for network, seeds in config.DNS_SEEDS.items() if not seeds] == ["regtest"]


@pytest.mark.parametrize("network", config.NETWORKS)
def test_an_address_of_the_wallets_library_begins_as_the_table_says(network: str) -> None:
    script = bdk.Script(b"\x00\x14" + bytes(20))
    address = str(bdk.Address.from_script(script, BDK_NETWORKS[network]))
    assert address.startswith(f"{config.BECH32_HRP[network]}1q")


def test_only_the_public_test_networks_share_what_a_segwit_address_begins_with() -> None:
    shared = [network for network, hrp in config.BECH32_HRP.items() if hrp == "tb"]
    assert shared == ["testnet", "testnet4", "signet"]
    assert len(set(config.BECH32_HRP.values())) == 3


# ---- folders


def test_home_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUIETKEY_HOME", str(tmp_path))
    assert HomeFolder.default().root == tmp_path
    monkeypatch.setenv("QUIETKEY_HOME", "")
    assert HomeFolder.default().root == Path.home() / ".quietkey"
    monkeypatch.delenv("QUIETKEY_HOME")
    assert HomeFolder.default().root == Path.home() / ".quietkey"


def test_every_network_and_script_has_a_folder_of_its_own(tmp_path: Path) -> None:
    home = HomeFolder(tmp_path)
    kinds = [(network, script) for network in config.NETWORKS for script in config.PURPOSE]
    folders = {home.wallet(*kind, account) for kind in kinds for account in (0, 1)}
    assert len(folders | {home.named("x")}) == 2 * len(kinds) + 1


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another thing there")
def test_nobody_else_may_look_into_a_wallets_folder(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert private_folder(folder) == folder, "again is harmless"
    assert list(folder.iterdir()) == []


# ---- numbers


@given(st.integers(0, 21_000_000 * 100_000_000))
def test_a_grouped_number_reads_back_and_has_groups_of_three(number: int) -> None:
    text = grouped(number)
    assert int(text.replace(" ", "")) == number
    assert all(len(group) == 3 for group in text.split(" ")[1:])


def test_hardened_is_the_highest_bit() -> None:
    assert HARDENED == 0x80000000
    assert render_path((HARDENED, 0)) == "0h/0"
