"""A paper wallet is emptied: what is found, paid and refused, and that its key leaks nowhere."""

import asyncio
import io
import json
import os
import pickle
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bdkpython as bdk
import pytest

from host.__main__ import main
from host.cli import parser
from host.config import HomeFolder
from host.devnet.network import Devnet
from host.errors import BadInput, TooFewCoins, WalletError
from host.store import Search
from host.sweep import KeyWallet, plan, read_key, signed, watch
from host.sweep.key_wallet import TITLES, KeyCoin
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from signer.formats import base58
from tests.core import core
from tests.devnets import STRANGER
from tests.electrum import electrum
from tests.esplora import esplora
from tests.nights import AT_NIGHT
from tests.wallets import paired

SECRET = bytes(range(1, 33))
TEST, MAIN = b"\xef", b"\x80"


def wif(prefix: bytes = TEST, secret: bytes = SECRET, suffix: bytes = b"\x01") -> str:
    return base58.encode_check(prefix + secret + suffix)


KEY, LONG_KEY = wif(), wif(suffix=b"")


def wallets_of(text: str = KEY, network: str = "regtest") -> tuple[KeyWallet, ...]:
    return watch(read_key(text, network), network, Search())


def addresses(wallets: Sequence[KeyWallet]) -> dict[str, str]:
    return {TITLES[script.kind]: script.address for wallet in wallets for script in wallet.scripts}


class Funded(KeyWallet):
    """With a coin at each script, out of nowhere: in a block if it is `mined`."""

    @classmethod
    def of(cls, wallet: KeyWallet, sats: int, mined: bool) -> KeyWallet:
        wallet.__class__ = cls
        wallet.mined = mined  # type: ignore[attr-defined]
        regtest = bdk.Network.REGTEST
        scripts = [
            bdk.Address(script.address, regtest).script_pubkey() for script in wallet.scripts
        ]
        outputs = tuple(TxOut(sats, script.to_bytes()) for script in scripts)
        coin = Transaction(2, (TxIn(Outpoint(b"\7" * 32, 0), b"", 0),), outputs, 0)
        raw = bdk.Transaction(coin.encode())
        wallet.engine.apply_unconfirmed_txs([bdk.UnconfirmedTx(tx=raw, last_seen=1)])
        return wallet

    def coins(self) -> list[KeyCoin]:
        height = 1 if self.mined else None  # type: ignore[attr-defined]
        return [replace(coin, height=height) for coin in super().coins()]


def funded(text: str, sats: int, *, mined: bool = True) -> tuple[KeyWallet, ...]:
    return tuple(Funded.of(wallet, sats, mined) for wallet in wallets_of(text))


# ---- the key


def test_a_key_has_the_addresses_that_other_wallets_show_for_it() -> None:
    one = wif(MAIN, bytes(31) + b"\1")  # the key that everybody knows
    assert one == "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"
    assert addresses(wallets_of(one, "mainnet")) == {
        "p2pkh": "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
        "p2sh-p2wpkh": "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
        "p2wpkh": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "p2tr": "bc1pmfr3p9j00pfxjh0zmgp99y8zftmd3s5pmedqhyptwy6lm87hf5sspknck9",
    }
    long_one = wif(MAIN, bytes(31) + b"\1", b"")
    assert long_one == "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf"
    uncompressed = {"p2pkh": "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm"}
    assert addresses(wallets_of(long_one, "mainnet")) == uncompressed


def test_a_key_is_read_however_it_was_copied() -> None:
    for text in (f" {KEY}\n", f"{KEY[:20]} {KEY[20:]}", f"{KEY}\r\n"):
        assert addresses(wallets_of(text)) == addresses(wallets_of())


@pytest.mark.parametrize(
    ("text", "network", "says"),
    [
        ("", "regtest", "There is no private key in that"),
        ("x" * 201, "regtest", "There is no private key in that"),
        (KEY[:-1] + ("1" if KEY[-1] != "1" else "2"), "regtest", "a letter of it is wrong"),
        (KEY[:-1], "regtest", "a letter of it is wrong or missing"),
        (KEY, "mainnet", "This key is for a test network, and the wallet is of mainnet."),
        (wif(MAIN), "signet", "This key is for real bitcoin, and the wallet is of signet."),
        (wif(suffix=b"\2"), "regtest", "but something else"),
        (base58.encode_check(b"\x6f" + bytes(20)), "regtest", "but something else"),
        (wif(secret=bytes(32)), "regtest", "its number is out of range"),
        (wif(secret=b"\xff" * 32), "regtest", "its number is out of range"),
        ("6P" + "R" * 56, "regtest", "under a password (BIP38)"),
        ("\u0661" * 52, "regtest", "no private key"),
    ],
)
def test_what_is_no_key_of_this_network_is_refused_and_not_repeated(
    text: str, network: str, says: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read_key(text, network)
    assert says in str(refused.value)
    trace = "".join(traceback.format_exception(refused.value))
    assert len(text) < 20 or text[:20] not in trace


def test_a_key_has_no_printable_form_and_is_not_written_down() -> None:
    key = read_key(KEY, "regtest")
    wallets = funded(KEY, 10_000)
    payment = plan(wallets, STRANGER, 1.0)
    scripts = [coin.script for coin in payment.coins]
    assert KEY not in f"{key!r} {wallets!r} {payment!r} {scripts!r}"
    assert not any(KEY in repr(vars(wallet)) for wallet in wallets)
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(SystemExit):
        parser().parse_args(["wallet", "sweep", KEY])


# ---- the payment


@pytest.mark.parametrize("text", [KEY, LONG_KEY], ids=["compressed", "uncompressed"])
@pytest.mark.parametrize("rate", [1.0, 7.3])
def test_one_transaction_takes_all_and_pays_the_rate(text: str, rate: float) -> None:
    payment = plan(funded(text, 10_000), STRANGER, rate)
    raw_tx = signed(payment, read_key(text, "regtest"), "regtest")  # Core's engine judges it
    transaction = Transaction.parse(raw_tx)
    assert len(transaction.inputs) == (4 if text == KEY else 1)
    (output,) = transaction.outputs
    assert output.sats == payment.sats == 10_000 * len(transaction.inputs) - payment.fee_sats
    assert rate <= payment.fee_sats / transaction.vsize < rate * 1.03
    assert payment.left_sats == 0


def test_what_waits_for_a_block_stays() -> None:
    mined, waiting = funded(KEY, 10_000), funded(KEY, 7_000, mined=False)
    assert plan((mined[0], waiting[1]), STRANGER, 1.0).left_sats == 14_000
    with pytest.raises(BadInput, match="28 000 sats come to this key, and are in no block yet"):
        plan(waiting, STRANGER, 1.0)


def test_nothing_and_less_than_the_fee_are_said() -> None:
    wallets = wallets_of()
    with pytest.raises(BadInput, match="There is nothing at the addresses of this key: m") as none:
        plan(wallets, STRANGER, 1.0)
    assert all(address in str(none.value) for address in addresses(wallets).values())
    with pytest.raises(TooFewCoins, match="The key has 800 sats, and to send them costs "):
        plan(funded(KEY, 200), STRANGER, 2.0)


def test_another_key_signs_nothing_of_it() -> None:
    payment = plan(funded(KEY, 10_000), STRANGER, 1.0)
    with pytest.raises(WalletError):
        signed(payment, read_key(wif(secret=b"\5" * 32), "regtest"), "regtest")


# ---- with real parts


def home_of(tmp_path: Path) -> Path:
    paired(tmp_path / "home" / "regtest" / "wpkh").close()
    return tmp_path / "home"


async def types(home: Path, *words: str, key: str = KEY) -> int:
    """The command, with the key on a descriptor of its own."""
    reader, writer = os.pipe()
    os.write(writer, f"{key}\n".encode())
    os.close(writer)
    line = ["wallet", "sweep", "--home", str(home), "--key-fd", str(reader), *words]
    return await asyncio.to_thread(main, line)


SERVED = {"electrum": electrum, "esplora": esplora, "core": core}


@pytest.mark.parametrize(
    "kind", ["p2p", *(pytest.param(kind, marks=AT_NIGHT) for kind in sorted(SERVED))]
)
async def test_all_coins_of_a_paper_wallet_arrive_and_the_key_is_nowhere(
    kind: str, devnet: Devnet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, address in enumerate(addresses(wallets_of()).values()):
        await devnet.fund(address, 20_000 + number)
    home = home_of(tmp_path)
    if kind == "p2p":
        where = [word for peer in devnet.peers for word in ("--peer", peer)]
        await sweeps(home, where, devnet, capsys)
    else:
        async with SERVED[kind](devnet) as url:
            await sweeps(home, ["--server", url], devnet, capsys)
    files = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    assert files
    assert not any(KEY.encode() in data or SECRET in data for data in files)


async def sweeps(
    home: Path, where: list[str], devnet: Devnet, capsys: pytest.CaptureFixture[str]
) -> None:
    status = await types(home, *where)
    out, said = capsys.readouterr()
    assert (status, out) == (0, "")
    for title in ("p2pkh", "p2sh-p2wpkh", "p2wpkh", "p2tr"):
        assert f"sats in 1 coin of {title}" in said
    assert "All of it goes to your address number 0: bcrt1q" in said
    assert "% of what it has" in said
    assert "Nothing was sent, and the key was not kept." in said
    assert not any(node.mempool for node in devnet.status())
    status = await types(home, *where, "--rate", "2", "--yes", "--json")
    out, said = capsys.readouterr()
    assert status == 0, said
    assert KEY not in out + said
    sent = json.loads(out)
    assert sent["coins"] == 4
    assert sent["sats"] == 80_006 - sent["fee_sats"]
    await devnet.mine(1)
    line = ["wallet", "balance", "--home", str(home), *where, "--json"]
    assert await asyncio.to_thread(main, line) == 0
    assert json.loads(capsys.readouterr().out)["confirmed_sats"] == sent["sats"]
    assert await types(home, *where, "--yes") != 0
    assert "There is nothing at the addresses of this key" in capsys.readouterr().err


def test_without_anybody_to_ask_nodes_are_named_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", str(tmp_path))
    assert main(["wallet", "sweep", *home]) == 2
    assert capsys.readouterr().err.startswith("Name a node to ask, for example --peer ")
    assert main(["wallet", "sweep", *home, "--network", "mainnet"]) == 2
    assert "--server p2p: looks for nodes by itself, --peer HOST:PORT" in capsys.readouterr().err


async def test_on_a_public_network_it_is_said_that_all_filters_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    paired(HomeFolder(home).wallet("mainnet", "wpkh", 0), network="mainnet").close()
    where = ("--network", "mainnet", "--peer", "127.0.0.1:1")
    for since, said in (((), True), (("--since", "2014-05-01"), False)):
        assert await types(home, *where, *since, key=wif(MAIN)) == 5
        assert ("the filters of all blocks are read, twice" in capsys.readouterr().err) is said


def test_the_key_may_come_from_a_pipe_and_a_wrong_one_asks_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ["wallet", "sweep", "--home", str(home_of(tmp_path)), "--server", "electrum:127.0.0.1:1"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY[:-2]}\n"))
    assert main(line) != 0
    said = capsys.readouterr().err
    assert "a letter of it is wrong or missing. Nothing was looked up" in said
    assert "does not answer" not in said
    assert KEY[:-2] not in said
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    assert main(line) != 0
    assert "127.0.0.1:1 does not answer" in capsys.readouterr().err
