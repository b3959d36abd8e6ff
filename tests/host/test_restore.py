"""A seed that was in use somewhere else: all its coins are found, and no used address is given."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from time import sleep

import bdkpython as bdk
import pytest

from firmware_emu.emulator import EmulatorProcess
from host.__main__ import main
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.light_client.facts import scan
from host.store import Search
from host.store.schema import MIGRATIONS
from host.values import PaymentRequest
from host.wallet import Wallet
from host.wallet.bdk_adapter import EXTERNAL, INTERNAL
from tests.nights import AT_NIGHT, cases
from tests.wallets import STRANGER, opened, paired, peers, sign

COIN = 10_000  # sats
Index = tuple["bdk.KeychainKind", int]


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


def receive(indices: Iterable[int]) -> list[Index]:
    return [(EXTERNAL, index) for index in indices]


def shuffled(count: int) -> list[int]:
    """Every number below `count`, which 7 must not divide, in an order that leaps far ahead."""
    return sorted(range(count), key=lambda number: (number * 7) % count)


HISTORIES = {
    "one a block": ([receive([index]) for index in range(60)], Search()),
    "four a block": ([receive(range(at, at + 4)) for at in range(0, 60, 4)], Search()),
    "all in one block": ([receive(range(60))], Search()),
    "all in one block, backwards": ([receive(reversed(range(60)))], Search()),
    "leaping ahead": ([receive([index]) for index in shuffled(60)], Search()),
    "first unused": ([receive([index]) for index in range(1, 60)], Search()),
    "receive and change": (
        [[(EXTERNAL, index), (INTERNAL, index)] for index in range(30)],
        Search(),
    ),
    "far apart": ([receive([index]) for index in (0, 190, 380, 579)], Search(gap=200)),
    "behind the window": ([receive([index]) for index in range(0, 161, 20)], Search()),
}

BY_DAY = {
    "one a block",
    "all in one block, backwards",
    "leaping ahead",
    "receive and change",
    "far apart",
}


async def use(devnet: Devnet, wallet: Wallet, blocks: Iterable[Iterable[Index]]) -> int:
    """Pays a coin to each address; how many."""
    count = 0
    for block in blocks:
        for branch, index in block:
            address = str(wallet.engine.peek_address(branch, index).address)
            await devnet.fund(address, COIN, mine=False)
            count += 1
        await devnet.mine()
    return count


@pytest.mark.parametrize("name", cases(HISTORIES, BY_DAY))
async def test_a_restored_seed_finds_its_coins_at_the_first_sync(
    devnet: Devnet, backend: P2pBackend, tmp_path: Path, name: str
) -> None:
    blocks, search = HISTORIES[name]
    wallet = paired(tmp_path / "wallet", search=search)
    count = await use(devnet, wallet, blocks)
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == count * COIN
    used = {index for block in blocks for branch, index in block if branch is EXTERNAL}
    assert wallet.next_address().index == max(used) + 1
    assert wallet.search.complete


async def test_a_wallet_that_takes_long_to_take_blocks_in_is_not_said_to_wait_for_silent_peers(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    await use(devnet, wallet, [receive([0])])
    right, patience_s = wallet.apply, 2.0

    def slow(update: "bdk.Update") -> bool:
        sleep(2 * patience_s)
        return right(update)

    monkeypatch.setattr(wallet, "apply", slow)
    backend._patience_s = patience_s
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == COIN


@AT_NIGHT
async def test_a_gap_that_is_too_small_is_widened_by_looking_again(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    far = 1_500  # behind the first addresses that any search looks at
    await use(devnet, wallet, [receive([0]), receive([far])])
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == COIN
    wallet.search_again(far)
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 2 * COIN
    assert wallet.search == Search(gap=far, complete=True)


async def test_a_wallet_that_lost_its_file_of_the_chain_finds_every_coin_again(
    devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    first = paired(tmp_path / "wallet")
    given = [first.next_address() for _ in range(130)]  # more than any search looks ahead
    await devnet.fund(given[-1].address, COIN)
    await backend.sync(first)
    first.close()
    (tmp_path / "wallet" / "coins.sqlite").unlink()
    again = opened(tmp_path / "wallet")
    assert not again.search.complete
    await backend.sync(again)
    assert again.balance().confirmed_sats == COIN
    assert again.search.complete
    assert again.next_address().index == len(given)


async def test_what_the_same_seed_used_elsewhere_meanwhile_is_found_too(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await backend.sync(wallet)
    count = await use(devnet, wallet, [receive([index]) for index in range(60)])
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == count * COIN


async def test_coins_that_the_same_seed_spent_elsewhere_without_change_are_gone(
    devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    """The light client asks for the newest block first, in which nothing pays this wallet."""
    elsewhere, away = (paired(tmp_path / name) for name in ("elsewhere", "away"))

    async def comes_and_goes(index: int) -> None:
        await devnet.fund(elsewhere.address_at(index).address, COIN)
        await devnet.mine(2)
        await backend.sync(elsewhere)
        draft = elsewhere.draft_request(PaymentRequest.to(STRANGER, None))
        await backend.broadcast(elsewhere.finish(draft, sign(draft.psbt)).raw_tx)
        await devnet.mine(1)

    await comes_and_goes(0)
    await backend.sync(away)  # a seed that is restored
    assert (away.balance().confirmed_sats, len(away.history())) == (0, 2)
    await comes_and_goes(1)
    await backend.close()
    later = P2pBackend(peers(devnet), "regtest", tmp_path / "headers")
    await later.sync(away)  # after a while without a network
    await later.close()
    assert (away.balance().confirmed_sats, len(away.history())) == (0, 4)
    assert away.search.complete


async def test_addresses_handed_out_while_it_follows_are_watched(
    devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    paired(tmp_path / "wallet").finish_search()
    wallet = opened(tmp_path / "wallet")  # few addresses ahead, as after every restart
    await backend.sync(wallet)
    addresses = [wallet.next_address().address for _ in range(60)]
    await devnet.fund(addresses[-1], COIN)
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == COIN


def test_a_wallet_of_the_first_version_looks_once_more(wallet: Wallet, tmp_path: Path) -> None:
    wallet.close()
    file = tmp_path / "wallet" / "quietkey.sqlite"
    columns = "only, network, script, fingerprint, account_xpub"
    with closing(sqlite3.connect(file)) as newest:
        pairing = newest.execute(f"SELECT {columns} FROM pairing").fetchone()
    file.unlink()
    with closing(sqlite3.connect(file)) as old, old:
        old.executescript(MIGRATIONS[0])
        old.execute(f"INSERT INTO pairing ({columns}) VALUES (?, ?, ?, ?, ?)", pairing)
        old.execute("PRAGMA user_version = 1")
    assert opened(tmp_path / "wallet").search == Search()


@pytest.mark.parametrize(
    ("birthday", "height"),
    [
        (date(2025, 9, 1), 910_000),
        (date(2025, 8, 31), 880_000),
        (date(2024, 5, 1), 840_000),
        (date(2024, 4, 30), None),
        (None, None),
    ],
)
def test_a_birthday_on_mainnet_begins_at_the_block_known_before_it(
    tmp_path: Path, birthday: date | None, height: int | None
) -> None:
    for script in ("wpkh", "tr"):
        wallet = paired(tmp_path / script, script, "mainnet", search=Search(birthday=birthday))
        start = scan(wallet).checkpoint
        if height is None:
            assert start.is_TAPROOT_ACTIVATION() if script == "tr" else start.is_SEGWIT_ACTIVATION()
        else:
            assert start.birthday.height == height


@AT_NIGHT
async def test_the_command_line_looks_again_behind_a_wider_gap(
    devnet: Devnet, emulator: EmulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peer = ("--peer", devnet.peers[0])
    device = ("--device", "tcp:{}:{}".format(*emulator.address))
    await use(devnet, paired(tmp_path / "other"), [receive([0]), receive([1_500])])

    async def confirmed(*words: str) -> int:
        line = ["wallet", *words, "--home", str(tmp_path / "home"), "--json"]
        assert await asyncio.to_thread(main, line) == 0
        return int(json.loads(capsys.readouterr().out).get("confirmed_sats", 0))

    await confirmed("pair", *device, "--birthday", "2025-02-01")
    assert await confirmed("balance", *peer) == COIN
    assert await confirmed("rescan", *peer) == COIN
    assert await confirmed("rescan", "--gap", "1500", *peer) == 2 * COIN
    assert await confirmed("balance") == 2 * COIN


@pytest.mark.parametrize(
    "words", ["rescan --gap 0", "pair --gap 10001", "pair --birthday 1.2.2025", "rescan --gap x"]
)
def test_a_gap_or_a_birthday_that_is_none_is_a_sentence(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["wallet", *words.split()])
    assert " is not a " in capsys.readouterr().err
