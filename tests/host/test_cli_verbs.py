"""`quietkey wallet ...` verb by verb: what a program reads, and what a person reads."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.__main__ import main
from host.cli import facts, verbs
from host.demo.lies import LOOKALIKE
from host.devnet.network import Devnet
from host.errors import BadInput
from host.session import details
from host.values import Acceptance, HistoryEntry, HistoryRow, Propagation, Sent
from host.wallet import Wallet
from tests.electrum import electrum
from tests.esplora import esplora
from tests.people import Person
from tests.wallets import STRANGER, sign

FUNDED_SATS = 5_000_000
OTHER = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"


@dataclass
class Terminal:
    """Types a task of the wallet and reads both outputs."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    device: tuple[str, ...] = ()
    network: tuple[str, ...] = field(default=())
    talk: str = ""

    async def types(self, *words: str) -> tuple[int, str]:
        line = ["wallet", *words, "--home", str(self.home)]
        status = await asyncio.to_thread(main, line)
        out, self.talk = self.capsys.readouterr()
        return status, out

    async def reads_json(self, *words: str) -> list[dict[str, Any]]:
        status, out = await self.types(*words, "--json")
        assert status == 0, self.talk
        return [json.loads(line) for line in out.splitlines()]

    async def fails(self, *words: str) -> str:
        status, out = await self.types(*words)
        assert out == ""
        assert status in range(1, 7)
        return self.talk


@pytest.fixture
async def terminal(
    emulator: EmulatorProcess,
    devnet: Devnet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:
    """A person with a device, a network, and a wallet that was paired."""
    terminal = Terminal(
        tmp_path / "home",
        capsys,
        ("--device", "tcp:{}:{}".format(*emulator.address)),
        tuple(word for peer in devnet.peers for word in ("--peer", peer)),
    )
    await terminal.types("pair", *terminal.device)
    return terminal


@pytest.fixture
async def rich(terminal: Terminal, devnet: Devnet) -> Terminal:
    """The same with coins."""
    (received,) = await terminal.reads_json("receive")
    await devnet.fund(received["address"], FUNDED_SATS)
    await terminal.types("sync", *terminal.network)
    return terminal


# ---- what a program reads


async def test_every_verb_has_the_same_keys_for_ever(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    (pairing,) = await rich.reads_json("pair", *rich.device)
    keys = {"network", "script", "fingerprint", "account_xpub", "account", "descriptor"}
    assert set(pairing) == keys
    (received,) = await rich.reads_json("receive")
    assert set(received) == {"address", "index", "path", "uri"}
    assert received["path"][-2:] == [0, received["index"]]
    (balance,) = await rich.reads_json("balance")
    tip = {"height", "tip_age_s", "liars"}
    assert set(balance) == {"confirmed_sats", "change_sats", "pending_sats"} | tip
    assert balance["tip_age_s"] is None, "nobody was asked"
    (synced,) = await rich.reads_json("sync", *rich.network)
    assert set(synced) == tip
    assert 0 <= synced["tip_age_s"] < 600
    assert synced["liars"] == {}
    reading = person.accept()
    (sent,) = await rich.reads_json("pay", STRANGER, "25000", *rich.device, *rich.network)
    await reading
    assert set(sent) == {"txid", "announced", "echoed", "peers_total"}
    assert sent["peers_total"] == len(devnet.peers)
    rows = await rich.reads_json("history")
    keys = {"txid", "net_sats", "fee_sats", "height", "confirmations", "time"}
    keys |= {"status", "recipient", "sats", "signed", "refusal", "seen_by", "peers", "label"}
    assert all(set(row) == keys | {"replaced_by", "conflict_confirmations"} for row in rows)
    assert (rows[0]["sats"], rows[0]["seen_by"] > 0) == (25_000, True)
    assert [row["status"] for row in rows] == ["waiting", "confirmed"]


async def test_one_transaction_is_told_whole_by_the_beginning_of_its_txid(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    await rich.types("contact", "Anna", STRANGER)
    txids = []
    for words in (("pay", "Anna", "25000"), ("bump", "--rate", "5")):
        reading = person.accept()
        (sent,) = await rich.reads_json(*words, *txids, *rich.device, *rich.network)
        await reading
        txids.append(sent["txid"])
    old, new = txids
    await rich.types("label", new, "Rent")
    await devnet.mine(2)
    rows = {row["txid"]: row for row in await rich.reads_json("history", *rich.network)}
    (whole,) = await rich.reads_json("history", new[:10].upper())
    added = {"status_sentences", "vbytes", "sats_per_vbyte", "replaces", "spent_by", "contacts"}
    assert set(whole) == set(rows[new]) | added | {"inputs", "outputs"}
    assert {key: whole[key] for key in rows[new]} == rows[new]
    assert (whole["label"], whole["confirmations"], whole["replaces"]) == ("Rent", 2, [old])
    assert (whole["sats_per_vbyte"], whole["contacts"]) == (5.0, {STRANGER: "Anna"})
    (spent,), paid = whole["inputs"], {coin["owner"]: coin for coin in whole["outputs"]}
    assert (spent["sats"], spent["owner"], len(spent["outpoint"])) == (FUNDED_SATS, "yours", 66)
    assert (paid["theirs"]["sats"], paid["theirs"]["contact"]) == (25_000, "Anna")
    assert paid["change"]["sats"] == FUNDED_SATS - 25_000 - whole["fee_sats"]
    assert (await rich.reads_json("history", old))[0]["replaced_by"] == new
    _, text = await rich.types("history", new)
    for line in (
        f"Txid     {new}",
        "Label    Rent",
        f"To       {STRANGER}   Anna",
        "Amount   25 000 sats",
        f"Replaces {old}",
        "2 confirmations",
        f"25 000 sats  theirs  {STRANGER}  Anna",
    ):
        assert line in text.replace("\xa0", " ")


async def test_nobody_speaks_of_a_payment_where_none_was_meant(terminal: Terminal) -> None:
    for words in (("find", STRANGER[:-1]), ("receive", "--amount", "x")):
        assert "payment" not in await terminal.fails(*words)


@pytest.mark.parametrize(
    ("txid", "says"),
    [("xyz", "is no txid"), ("", "is no txid"), ("00" * 33, "is no txid"), ("0" * 64, "No tran")],
)
async def test_a_transaction_that_nobody_can_mean_is_said(
    rich: Terminal, txid: str, says: str
) -> None:
    assert says in await rich.fails("history", txid)


def test_transactions_that_begin_alike_are_named() -> None:
    entries = [
        HistoryEntry(HistoryRow(start + "0" * 60, 1, None, 1, 1, 0))
        for start in ("abcd", "abce", "ffff")
    ]
    assert details.entry_of("abcd", entries) is entries[0]
    with pytest.raises(BadInput, match="2 transactions begin with abc: abcd0000000, abce0000000"):
        details.entry_of("abc", entries)


async def test_talk_never_comes_on_the_programs_output(rich: Terminal, person: Person) -> None:
    reading = person.accept()
    (sent,) = await rich.reads_json("pay", STRANGER, "25000", *rich.device, *rich.network)
    await reading
    lines = [line for line in rich.talk.splitlines() if "of the blocks" not in line]
    assert lines[0].startswith(f"Pay 25 000 sats to {STRANGER}, fee ")
    assert lines[1] == "The device may ask you to unlock it."
    assert lines[2].startswith(
        "Check the payment on the device. It must show the same four words: "
    )
    assert lines[3] == f"Signed and verified: {sent['txid']}."
    assert lines[-1].startswith("Sent to ")


# ---- what a person reads


async def test_a_person_reads_sentences_and_rows(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    height = max(node.height for node in devnet.status())
    _, balance = await rich.types("balance")
    assert balance == f"5 000 000 sats, and 0 waiting. Height {height}.\n"
    _, synced = await rich.types("sync", *rich.network)
    assert synced == f"Up to date at height {height}, just now.\n"
    reading = person.accept()
    _, paid = await rich.types("pay", STRANGER, "25000", *rich.device, *rich.network)
    await reading
    assert paid.startswith("Sent: ")
    assert "peers.\n" in paid
    _, history = await rich.types("history")
    first, second = history.splitlines()
    assert first.endswith("sats  waiting")
    assert second.endswith("5 000 000 sats  confirmed")


async def test_an_address_is_compared_with_the_device(terminal: Terminal, person: Person) -> None:
    _, address = await terminal.types("receive")
    looking = person.accept()
    status, again = await terminal.types("verify", "0", *terminal.device)
    await looking
    assert (status, again) == (0, address)
    assert f"It must be {address.strip()}." in terminal.talk
    assert "Device and wallet agree." in terminal.talk


async def test_an_address_that_was_refused_there_is_an_error(
    terminal: Terminal, person: Person
) -> None:
    saying_no = person.refuse()
    talk = await terminal.fails("verify", "3", *terminal.device)
    await saying_no
    assert "Do not use this address. You said no to it on the device." in talk
    assert "agree" not in talk


async def test_a_new_address_that_was_refused_there_is_not_printed(
    terminal: Terminal, person: Person
) -> None:
    saying_no = person.refuse()
    status, out = await terminal.types("receive", *terminal.device)
    await saying_no
    assert (status, out) == (3, "")
    assert "Do not use this address." in terminal.talk


# ---- a payment cut short


async def test_an_unsigned_payment_is_discarded_once(rich: Terminal, person: Person) -> None:
    wallet = Wallet.open(rich.home / "regtest" / "wpkh")
    wallet.draft(STRANGER, 25_000, 1)
    wallet.close()
    status, out = await rich.types("pay", "--discard")
    assert (status, out) == (0, "")
    assert rich.talk == "The unsigned payment is forgotten.\n"
    assert "There is no unsigned payment." in await rich.fails("pay", "--discard")
    talk = await rich.fails("pay", "--continue", *rich.device, *rich.network)
    assert "There is no payment that was cut short." in talk
    assert person.read == [], "the device was not asked"


async def test_a_refused_payment_leaves_nothing_to_continue(rich: Terminal, person: Person) -> None:
    saying_no = person.refuse()
    talk = await rich.fails("pay", STRANGER, "25000", *rich.device, *rich.network)
    await saying_no
    assert "You said no on the device. Nothing was paid." in talk
    assert "There is no unsigned payment." in await rich.fails("pay", "--discard")


async def test_a_signed_payment_is_sent_without_the_device(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    for node in range(3):
        await devnet.kill(node)
    wallet = Wallet.open(rich.home / "regtest" / "wpkh")
    draft = wallet.draft(STRANGER, 25_000, 1)
    wallet.close()
    reading = person.accept()
    talk = await rich.fails("pay", "--continue", *rich.device, *rich.network)
    await reading
    assert "None of the 3 peers answers." in talk
    for node in range(3):
        await devnet.revive(node)
    (sent,) = await rich.reads_json("pay", "--continue", *rich.network)
    assert sent["echoed"]
    assert draft.sats == 25_000
    assert "Pay 25 000" not in rich.talk, "nothing is asked again"


# ---- several recipients, all there is, chosen coins


async def test_several_are_paid_then_the_rest_out_of_chosen_coins(
    rich: Terminal, person: Person, devnet: Devnet, tmp_path: Path
) -> None:
    where = (*rich.device, *rich.network)
    (tmp_path / "wages.csv").write_text(  # as spreadsheets keep "Unicode text"
        f"address;amount;label\n{STRANGER};25 000;Rent\n{OTHER};10k\n", "utf-16"
    )
    reading = person.accept()
    (sent,) = await rich.reads_json(
        "pay", "--csv", str(tmp_path / "wages.csv"), "--fee", "500", *where
    )
    await reading
    assert (
        f"Pay 25 000 sats to {STRANGER}, 10 000 sats to {OTHER}, 35 000 sats in all, fee 500 sats"
        in rich.talk
    )
    assert all(node.mempool == (sent["txid"],) for node in devnet.status())
    await devnet.mine(1)
    (received,) = await rich.reads_json("receive")
    await devnet.fund(received["address"], 70_000)
    change, coin = await rich.reads_json("coins", *rich.network)
    assert (change["sats"], coin["sats"]) == (FUNDED_SATS - 35_500, 70_000)
    assert set(coin) == {"outpoint", "sats", "address", "height", "frozen"}
    assert await rich.types("freeze", change["outpoint"]) == (0, "")
    _, listed = await rich.types("coins")
    assert [line.endswith("  frozen") for line in listed.splitlines()] == [True, False]
    refused = await rich.fails("pay", STRANGER, "1000", "--coin", change["outpoint"], *where)
    assert "is frozen: unfreeze it first" in refused
    refused = await rich.fails("pay", OTHER, "max", "--target", "6", *where)
    assert "Nodes estimate no fees, and nothing is guessed here. No payment was created." in refused
    assert "they pass payments on from 1 sat/vB on. Your payment in block 112 paid " in refused
    reading = person.accept()
    async with electrum(devnet) as url:
        words = ("pay", OTHER, "max", "--target", "6", *rich.device, "--server", url)
        (sent,) = await rich.reads_json(*words)
        source = url.partition(":")[2]
    await reading
    assert f"{source} estimates 1 sat/vB for 6 blocks. Nobody promises it." in rich.talk
    assert sent["estimate"] == {"source": source, "blocks": 6, "sats_per_vbyte": 1.0}
    await devnet.mine(1)
    (left,) = await rich.reads_json("coins", *rich.network)
    assert left["outpoint"] == change["outpoint"]
    assert await rich.types("unfreeze", change["outpoint"]) == (0, "")


async def test_a_payment_goes_to_another_signer_as_a_file_and_comes_back(
    rich: Terminal, devnet: Devnet, tmp_path: Path
) -> None:
    out, back = tmp_path / "pay.psbt", tmp_path / "signed.psbt"
    status, _ = await rich.types(
        "pay", STRANGER, "25k", "--psbt-out", str(out), "--psbt-version", "2", *rich.network
    )
    assert status == 0
    assert "Pay 25 000 sats to" in rich.talk
    back.write_bytes(base64.b64encode(sign(out.read_bytes())))
    assert "not a whole PSBT" in await rich.fails("pay", "--signed", __file__, *rich.network)
    assert "No signature is in" in await rich.fails("pay", "--signed", str(out), *rich.network)
    (sent,) = await rich.reads_json("pay", "--signed", str(back), *rich.network)
    assert all(node.mempool == (sent["txid"],) for node in devnet.status())
    refused = await rich.fails("pay", "--signed", str(back), *rich.network)
    assert "There is no unsigned payment." in refused


# ---- what is missing


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((STRANGER, "25000"), "Name a node to ask, for example --peer 127.0.0.1:18444."),
        (("--continue",), "Name a node to ask"),
    ],
)
async def test_without_a_node_it_says_how_to_name_one(
    rich: Terminal, words: tuple[str, ...], says: str
) -> None:
    assert says in await rich.fails("pay", *words, *rich.device)


async def test_without_a_device_it_says_how_to_name_one(rich: Terminal) -> None:
    talk = await rich.fails("pay", STRANGER, "25000", *rich.network)
    assert "Say where the device is, for example --device tcp:127.0.0.1:30121." in talk


async def test_without_a_recipient_it_says_what_to_type(rich: Terminal) -> None:
    talk = await rich.fails("pay", *rich.device, *rich.network)
    assert "Say whom to pay and how much" in talk


@pytest.mark.parametrize(
    ("address", "sats", "says"),
    [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "25000", "belongs to the main network"),
        (STRANGER[:-1] + "q", "25000", "Letter 44 is probably wrong"),
        (STRANGER, "1", "is too little"),
        (STRANGER, "50000000", "sats are missing"),
    ],
)
async def test_what_cannot_be_paid_says_why_and_leaves_no_draft(
    rich: Terminal, address: str, sats: str, says: str
) -> None:
    assert says in await rich.fails("pay", address, sats, *rich.device, *rich.network)
    assert "There is no unsigned payment." in await rich.fails("pay", "--discard")


async def test_networks_and_scripts_have_wallets_of_their_own(terminal: Terminal) -> None:
    for other in (("--network", "testnet"), ("--script", "tr")):
        assert "There is no wallet here yet." in await terminal.fails("balance", *other)
        status, _ = await terminal.types("pair", *terminal.device, *other)
        assert status == 0
        (received,) = await terminal.reads_json("receive", *other)
        assert received["address"].startswith(("tb1q", "bcrt1p"))


# ---- wallets with names, accounts, purposes


async def test_a_wallet_with_a_name_needs_no_flags_afterwards(
    terminal: Terminal, person: Person, devnet: Devnet
) -> None:
    what = ("--wallet", "savings", "--script", "pkh", "--account", "5")
    await terminal.types("pair", *what, *terminal.device, *terminal.network)
    (received,) = await terminal.reads_json("receive")
    assert received["path"][:3] == [44 | 1 << 31, 1 | 1 << 31, 5 | 1 << 31]
    await devnet.fund(received["address"], FUNDED_SATS)
    await terminal.types("sync")
    reading = person.accept()
    (sent,) = await terminal.reads_json("pay", STRANGER, "25000")
    await reading
    assert sent["echoed"]
    (first,) = await terminal.reads_json("receive", "--script", "wpkh")
    assert first["address"].startswith("bcrt1q"), "a flag of an account names the one without"
    assert "has the script pkh, and not tr" in await terminal.fails(
        "balance", "--wallet", "savings", "--script", "tr"
    )
    assert "There is no wallet 'spending'." in await terminal.fails(
        "balance", "--wallet", "spending"
    )


@pytest.mark.parametrize(
    ("script", "first"), [("sh-wpkh", "2"), ("pkh", "mn"), ("tr", "bcrt1p"), ("wpkh", "bcrt1q")]
)
async def test_each_purpose_is_received_at_verified_and_paid_from(
    terminal: Terminal, person: Person, devnet: Devnet, script: str, first: str
) -> None:
    which = ("--script", script, "--account", "1")
    await terminal.types("pair", *which, *terminal.device)
    reading = person.accept()
    (received,) = await terminal.reads_json("receive", *which, *terminal.device)
    await reading
    assert received["address"].startswith(first if len(first) > 2 else tuple(first))
    await devnet.fund(received["address"], FUNDED_SATS)
    reading = person.accept()
    await terminal.reads_json("pay", STRANGER, "25000", *which, *terminal.device, *terminal.network)
    await reading
    await devnet.mine(1)
    await terminal.types("sync", *which, *terminal.network)
    (row, _) = await terminal.reads_json("history", *which)
    assert row["status"] == "confirmed"
    assert row["net_sats"] == -25_000 - row["fee_sats"]


# ---- other networks and other servers


@pytest.mark.parametrize(
    ("network", "first"), [("testnet4", "tb1q"), ("signet", "tb1q"), ("mainnet", "bc1q")]
)
async def test_each_network_has_a_wallet_and_real_coins_are_named(
    terminal: Terminal, network: str, first: str
) -> None:
    where = ("--network", network)
    status, _ = await terminal.types("pair", *terminal.device, *where)
    assert status == 0
    assert ("real bitcoin" in terminal.talk) is (network == "mainnet")
    (received,) = await terminal.reads_json("receive", *where)
    assert received["address"].startswith(first)


async def test_a_payment_by_a_server_is_taken_at_its_word_and_says_what_it_learns(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    async with esplora(devnet) as url:
        reading = person.accept()
        (sent,) = await rich.reads_json("pay", STRANGER, "25000", *rich.device, "--server", url)
        await reading
        assert url.endswith(sent["server"])
        await rich.types("sync", "--server", url)
        assert "The server learns all your addresses" in rich.talk


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--server", "carrier-pigeon:x"),
            "Begin with one of core, electrum, electrum+tls, esplora",
        ),
        (("--server", "esplora:ftp://x"), "no address of an Esplora server"),
        (("--server", "electrum:nowhere"), "is not HOST:PORT"),
        (("--server", "p2p:"), "There is no peer to ask."),
        (("--server", "p2p:127.0.0.1:1", "--peer", "127.0.0.1:2"), "Choose one."),
        (("--server", "p2p:127.0.0.1:1", "--proxy", "127.0.0.1:1"), "No SOCKS5 proxy answers at"),
        (("--server", "p2p:x.onion:1"), "Start Tor and add --proxy tor."),
        (("--server", "electrum:127.0.0.1:1", "--proxy", "nobody"), "is not HOST:PORT"),
        (("--server", "core:127.0.0.1:1", "--proxy", "http://a:1"), "no kind of proxy here"),
        ((), "Name a node to ask"),
    ],
)
async def test_a_server_that_cannot_be_asked_is_said_at_once(
    terminal: Terminal, words: tuple[str, ...], says: str
) -> None:
    assert says in await terminal.fails("sync", *words)


# ---- other proofs than an echo


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        (Propagation(("a",), ("b", "c"), 3), "Sent: abcd, seen by 2 of 3 peers."),
        (Acceptance("electrum.example"), "Sent: abcd, taken by electrum.example."),
    ],
)
def test_each_kind_of_proof_is_a_sentence(proof: Propagation | Acceptance, sentence: str) -> None:
    assert facts.sent_sentence(Sent("abcd", proof)) == sentence


def test_every_task_of_the_command_line_is_done_by_somebody() -> None:
    done: dict[str, Callable[..., Awaitable[None]]] = dict(verbs.TASKS)
    paying = {"pay", "bump", "call-off", "cpfp", "give-up", "freeze", "unfreeze", "sweep"}
    looking = {
        "pair",
        "paths",
        "register",
        "balance",
        "receive",
        "verify",
        "history",
        "sync",
        "rescan",
        "coins",
        "plot",
    }
    exchanging = {"export", "import", "import-labels", "label", "message", "broadcast"}
    people = {"addresses", "find", "contact", "contacts", "forget-contact"}
    assert set(done) == looking | paying | exchanging | people


# ---- the endings of a payment


async def test_a_payment_is_bumped_and_called_off_from_the_command_line(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    where = (*rich.device, *rich.network)
    txids = []
    for words in (("pay", STRANGER, "25000"), ("bump", "--rate", "5"), ("call-off", "--rate", "9")):
        reading = person.accept()
        letters = 12 if words[0] == "call-off" else 64  # its beginning is enough
        copied = (f" {txid[:letters].upper()} " for txid in txids[-1:])  # the same payment
        (sent,) = await rich.reads_json(*words, *copied, *where)
        await reading
        txids.append(sent["txid"])
        assert all(node.mempool == (sent["txid"],) for node in devnet.status())
    await devnet.mine(1)
    rows = await rich.reads_json("history", *rich.network)
    ended = {row["txid"]: row["status"] for row in rows}
    assert [ended[txid] for txid in txids] == ["replaced", "replaced", "confirmed"]


async def test_a_payment_is_lifted_by_its_coin_from_the_command_line(
    rich: Terminal, person: Person, devnet: Devnet
) -> None:
    where = (*rich.device, *rich.network)
    reading = person.accept()
    (parent,) = await rich.reads_json("pay", STRANGER, "25000", *where)
    await reading
    assert "no coin of" in await rich.fails("cpfp", "ab" * 32, "--rate", "5", *where)
    reading = person.accept()
    (child,) = await rich.reads_json("cpfp", parent["txid"], "--rate", "5", *where)
    await reading
    for node in devnet.status():
        assert set(node.mempool) == {parent["txid"], child["txid"]}


async def test_a_payment_that_was_never_sent_is_given_up_from_the_command_line(
    rich: Terminal,
) -> None:
    wallet = Wallet.open(rich.home / "regtest" / "wpkh")
    draft = wallet.draft(STRANGER, 25_000, 1)
    payment = wallet.finish(draft, sign(draft.psbt))
    wallet.close()
    assert await rich.types("give-up", payment.txid) == (0, "")
    (balance,) = await rich.reads_json("balance")
    assert balance["confirmed_sats"] == FUNDED_SATS
    assert "on its way" in await rich.fails("give-up", payment.txid)


async def test_a_message_is_signed_on_the_device_and_verified_by_anybody(
    terminal: Terminal, person: Person
) -> None:
    text = "I own this. ₿"
    reading = person.accept()
    words = ("message", "sign", text, "--index", "2", "--json", *terminal.device)
    status, out = await terminal.types(*words)
    await reading
    assert status == 0
    signed = json.loads(out)
    assert (signed["standard"], signed["message"]) == ("BIP137", text)
    verify = ("message", "verify", signed["address"], signed["signature"])
    status, out = await terminal.types(*verify, text)
    assert (status, out) == (
        0,
        f"The signature is right (BIP137): who has {signed['address']} signed this text.\n",
    )
    assert "The signature is not right" in await terminal.fails(*verify, text + ".")


async def test_a_no_to_a_message_signs_nothing(terminal: Terminal, person: Person) -> None:
    saying_no = person.refuse()
    talk = await terminal.fails("message", "sign", "I owe this.", *terminal.device)
    await saying_no
    assert "You said no on the device. Nothing was signed." in talk


async def test_an_address_made_to_be_taken_for_another_is_named_before_the_device_asks(
    rich: Terminal, person: Person
) -> None:
    paying = person.accept()
    await rich.types("pay", STRANGER, "25000", *rich.device, *rich.network)
    await paying
    assert "begins and ends alike" not in rich.talk
    saying_no = person.refuse()
    talk = await rich.fails("pay", LOOKALIKE, "25000", *rich.device, *rich.network)
    await saying_no
    assert f"This is not {STRANGER}, which you know" in talk
    assert talk.index("begins and ends alike") < talk.index("Check the payment on the device")
