"""Names (BIP353) that are paid: looked up anew, proven to the device, and remembered."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.__main__ import main
from host.app import payee_names, spend
from host.app.connect import connect
from host.backends.p2p import P2pBackend
from host.cli import verbs
from host.config import HomeFolder
from host.devnet.network import Devnet
from host.errors import BadInput, WalletError
from host.payees import lists
from host.payees.contacts import new_contact
from host.payees.errors import PayeeError
from host.payees.payee import read_payee
from host.psbt import NAME_PROOF, PsbtMaps
from host.servers.dns import NameResolver
from host.session import forms
from host.session.payment import Drafted
from host.values import Draft, PaymentRequest, Recipient
from host.wallet import Wallet
from signer.chains.bitcoin import CHAIN
from signer.dnssec import chain
from tests import psbts
from tests.dns_server import NameServer, serving
from tests.people import Person
from tests.signer import zones
from tests.signer.published import own
from tests.signer.silents import BOB
from tests.signer.zones import END, START, TXT, Proof
from tests.wallets import STRANGER, fund, keyring, opened, paired, sign

ALICE = "alice@example.org"
RECORD = "alice.user._bitcoin-payment.example.org"
OTHER = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"
SP = BOB.encode("regtest")
NOW = START + 1000


def zone(link: str) -> Proof:
    proof = zones.chain(("org", 8), ("example.org", 13))
    proof.add((RECORD, TXT, zones.text(link.encode()[:255], link.encode()[255:])))
    return proof


class Names:
    """A resolver that can be told what the name means."""

    def __init__(self, server: NameServer) -> None:
        self.server = server
        self.anchors: list[bytes] = []

    def mean(self, link: str) -> NameResolver:
        proof = zone(link)
        self.server.records, self.anchors = proof.records, proof.anchors
        return NameResolver(self.server.dns, "", lambda: NOW, proof.anchors)


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Names]:
    """The device of the tests believes in the root of the tests; all else of it is its own."""
    async with serving(NameServer()) as server:
        names = Names(server)
        prove = chain.prove
        monkeypatch.setattr(
            chain,
            "prove",
            lambda proof, name, anchors=(): prove(proof, name, anchors or names.anchors),
        )
        yield names


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    yield wallet
    wallet.close()


async def drafted(wallet: Wallet, resolver: NameResolver, *payees: str, sats: int = 2_000) -> Draft:
    request = PaymentRequest(tuple(Recipient(payee, sats) for payee in payees))
    return await spend.draft(wallet, await payee_names.looked_up(wallet, request, resolver))


def shown(draft: Draft) -> str:
    return psbts.text(CHAIN.review(draft.psbt, keyring(), "regtest").pages)


def plain(draft: Draft) -> str:
    return Drafted(draft).sentence.replace("\xa0", " ")


# ---- looked up, shown, paid


@pytest.mark.parametrize("spelling", [ALICE, f"₿{ALICE}", "Alice@Example.ORG", f" {ALICE} "])
async def test_a_name_is_paid_at_its_address_and_the_device_shows_it(
    wallet: Wallet, names: Names, spelling: str
) -> None:
    resolver = names.mean(f"bitcoin:{STRANGER}")
    draft = await drafted(wallet, resolver, spelling)
    (recipient,) = draft.recipients
    assert (draft.recipient, recipient.name) == (STRANGER, ALICE)
    assert (recipient.proof, recipient.expires) == ("", END)
    assert f"2 000 sats to ₿{ALICE} ({STRANGER})" in Drafted(draft).sentence
    assert f"name {ALICE}, verified" in shown(draft)
    payment = await spend.take_signed(wallet, draft, sign(draft.psbt))
    assert wallet.waiting()[0].payment == payment
    assert [(label.ref, label.text) for label in wallet.store.labels()] == [(STRANGER, f"₿{ALICE}")]


async def test_a_name_of_a_silent_address_is_paid_silently(wallet: Wallet, names: Names) -> None:
    resolver = names.mean(f"bitcoin:?sprt={SP}&lno=lno1")
    draft = await drafted(wallet, resolver, ALICE, STRANGER)
    assert draft.recipient.split() == [SP, STRANGER]
    assert f"name {ALICE}, verified" in shown(draft)
    await spend.take_signed(wallet, draft, sign(draft.psbt))


async def test_the_proof_stands_at_the_output_that_pays_the_name(
    wallet: Wallet, names: Names
) -> None:
    draft = await drafted(wallet, names.mean(f"bitcoin:{STRANGER}"), ALICE, OTHER)
    outputs = PsbtMaps.parse(draft.psbt).outputs
    assert sum(NAME_PROOF in records for records in outputs) == 1
    assert shown(draft).count("verified") == 1


async def test_a_draft_is_kept_with_its_name_and_is_looked_up_anew(
    wallet: Wallet, names: Names
) -> None:
    draft = await drafted(wallet, names.mean(f"bitcoin:{STRANGER}"), ALICE)
    assert wallet.store.draft() == draft
    assert draft.request is not None
    asked = len(names.server.asked)
    again = await payee_names.looked_up(wallet, draft.request, names.mean(f"bitcoin:{OTHER}"))
    assert again.recipients[0].address == OTHER
    assert len(names.server.asked) > asked
    asked = len(names.server.asked)
    assert await payee_names.looked_up(wallet, again, names.mean("bitcoin:x")) == again
    assert len(names.server.asked) == asked, "a proof in hand is enough for this payment"


# ---- a higher fee


async def test_a_higher_fee_shows_the_name_again_and_nodes_take_it(
    names: Names, devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "w")
    await devnet.fund(wallet.next_address().address, 1_000_000)
    await backend.sync(wallet)
    draft = await drafted(wallet, names.mean(f"bitcoin:{STRANGER}"), ALICE, OTHER)
    asked = len(names.server.asked)
    for rate in (5, 10, 20):
        payment = await spend.take_signed(wallet, draft, sign(draft.psbt))
        await spend.send(wallet, backend, payment)
        wallet.close()
        wallet = opened(tmp_path / "w")
        draft = wallet.draft_bump(payment.txid, rate)
        assert shown(draft).count(f"name {ALICE}, verified") == 1
        assert f"2 000 sats to ₿{ALICE} ({STRANGER}), 2 000 sats to {OTHER}" in plain(draft)
        assert [recipient.expires for recipient in draft.recipients] == [END, 0]
    assert len(names.server.asked) == asked, "the resolver learns of no higher fee"
    wallet.close()


async def test_a_proof_that_ran_out_is_not_shown_to_the_device_and_said(
    wallet: Wallet, names: Names
) -> None:
    draft = await drafted(wallet, names.mean(f"bitcoin:{STRANGER}"), ALICE)
    payment = await spend.take_signed(wallet, draft, sign(draft.psbt))
    wallet.store.mark_sent(payment.txid)
    in_time = wallet.draft_bump(payment.txid, 5)
    with pytest.raises(WalletError, match="Raise the fee once more"):
        payee_names.check_proofs(in_time, END + 1)
    wallet._clock = lambda: END + 1
    for rate in (5, 10):  # also when the one before had no proof any more
        draft = wallet.draft_bump(payment.txid, rate)
        assert not any(NAME_PROOF in records for records in PsbtMaps.parse(draft.psbt).outputs)
        assert ALICE not in shown(draft)
        assert f"₿{ALICE} ({STRANGER})" in plain(draft)
        assert f"The proof of {ALICE} has run out: the device shows the address" in plain(draft)
        payee_names.check_proofs(draft, END + 1)
        payment = await spend.take_signed(wallet, draft, sign(draft.psbt))
        wallet.store.mark_sent(payment.txid)


async def test_a_name_of_a_silent_address_is_shown_again(wallet: Wallet, names: Names) -> None:
    draft = await drafted(wallet, names.mean(f"bitcoin:?sprt={SP}"), ALICE, STRANGER)
    payment = await spend.take_signed(wallet, draft, sign(draft.psbt))
    wallet.store.mark_sent(payment.txid)
    bumped = wallet.draft_bump(payment.txid, 5)
    assert f"name {ALICE}, verified" in shown(bumped)
    assert f"2 000 sats to ₿{ALICE} ({SP}), 2 000 sats to {STRANGER}" in plain(bumped)
    again = await spend.take_signed(wallet, bumped, sign(bumped.psbt))
    wallet.store.mark_sent(again.txid)
    assert f"name {ALICE}, verified" in shown(wallet.draft_bump(again.txid, 10))


# ---- what a name may mean


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("bitcoin:?lno=lno1abc", "can be paid by a Lightning offer only"),
        ("bitcoin:?lightning=lnbc1", "can be paid by Lightning only"),
        ("bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "belongs to the main network"),
        (f"bitcoin:{STRANGER}?req-new=1", "needs req-new"),
        (f"bitcoin:{STRANGER}?amount=1", "asks for another amount"),
        ("bitcoin:", "no address"),
    ],
)
async def test_what_cannot_be_paid_is_said_with_the_name(
    wallet: Wallet, names: Names, link: str, says: str
) -> None:
    with pytest.raises(BadInput) as error:
        await drafted(wallet, names.mean(link), ALICE)
    assert says in str(error.value)
    assert ALICE in str(error.value)
    assert wallet.store.draft() is None


async def test_more_names_than_a_device_verifies_are_not_looked_up(
    wallet: Wallet, names: Names
) -> None:
    many = [f"a{number}@example.org" for number in range(17)]
    with pytest.raises(BadInput, match="16 names at most"):
        await drafted(wallet, names.mean("bitcoin:x"), *many)
    assert names.server.asked == []


def test_a_name_that_was_not_looked_up_is_never_paid(wallet: Wallet) -> None:
    with pytest.raises(BadInput, match="was not looked up"):
        wallet.draft_request(PaymentRequest.to(ALICE, 2_000))


# ---- how a name is written


@pytest.mark.parametrize(
    "text", ["\u0430lice@example.org", "alice@ex\u0430mple.org", "alice!@example.org"]
)
def test_letters_that_could_pass_for_others_are_refused(text: str) -> None:
    with pytest.raises(PayeeError, match="no letter of a name"):
        read_payee(text, "regtest")


def test_a_domain_of_another_alphabet_is_warned_of() -> None:
    payee = read_payee("bob@xn--exmple-cua.org", "regtest")
    assert payee.is_name
    assert "xn--" in payee.notes[1]


def test_a_name_is_read_everywhere_an_address_is() -> None:
    for recipients in (
        lists.from_words([ALICE, "25k", f"₿{ALICE}", "1k"], "regtest"),
        lists.from_pairs([f"{ALICE}=25k"], "regtest"),
        lists.from_csv(f"{ALICE},25000,Rent", "regtest"),
    ):
        assert recipients.recipients[0].address == ALICE
        assert "resolver of names" in recipients.notes[0]
    checked = forms.payee(ALICE, "regtest")
    assert checked.value is not None
    assert "resolver" in checked.hint
    contact = new_contact("Alice", f"₿{ALICE}", "regtest")
    assert contact.payee == ALICE
    assert "This is Alice. A name" in forms.payee("alice", "regtest", [contact]).hint


def test_a_name_that_looks_like_a_contact_s_is_warned_of() -> None:
    contact = new_contact("Alice", ALICE, "regtest")
    for name in ("a1ice@example.org", "alice@exarnple.org", "alice@ex-ample.org"):
        assert ALICE in forms.look_alike_warning([name], (), [contact])
    for name in (ALICE, "alfred@example.org", STRANGER):
        assert forms.look_alike_warning([name], (), [contact]) == ""


# ---- from the command line, and a real device with the root that everybody knows


async def test_the_command_line_says_what_is_learnt_and_what_was_found(
    tmp_path: Path,
    names: Names,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = names.mean(f"bitcoin:{STRANGER}")
    monkeypatch.setattr(
        verbs,
        "NameResolver",
        lambda dns, proxy: NameResolver(dns, proxy, found.clock, found.anchors),
    )
    wallet = paired(HomeFolder(tmp_path / "home").wallet("regtest", "wpkh", 0))
    fund(wallet, 100_000)
    wallet.close()

    async def typed(*words: str) -> tuple[int, str]:
        line = ["wallet", "pay", *words, "--home", str(tmp_path / "home")]
        status = await asyncio.to_thread(main, [*line, "--psbt-out", str(tmp_path / "out.psbt")])
        return status, capsys.readouterr().err

    status, said = await typed("--to", f"₿{ALICE}=25k", "--dns", names.server.dns)
    assert status == 0, said
    assert "The resolver of names that is asked learns the name" in said
    assert f"Pay 25 000 sats to ₿{ALICE} ({STRANGER})" in said.replace("\xa0", " ")
    (tmp_path / "out.psbt").unlink()
    status, said = await typed("--to", "bob@example.org=25k", "--dns", names.server.dns)
    assert (status, "there is nothing at bob.user" in said) == (2, True)
    assert not (tmp_path / "out.psbt").exists()


async def test_a_real_device_shows_a_real_name(tmp_path: Path, emulator: EmulatorProcess) -> None:
    """By the proof that BIP353 publishes, of real zones, put together anew from a resolver."""
    case = own("bip353")["cases"][0]
    value = zones.b64(case["base64"])
    name, records = value[1 : 1 + value[0]].decode(), zones.read(value[1 + value[0] :])
    wallet = paired(tmp_path / "w", network="mainnet")
    fund(wallet, 100_000)
    async with serving(NameServer(records)) as server:
        resolver = NameResolver(server.dns, clock=lambda: 1_754_640_000)  # 2025-08-08
        draft = await drafted(wallet, resolver, name)
    device = await connect("tcp:{}:{}".format(*emulator.address))
    first = Person(emulator)
    reading = first.accept()
    payment = await spend.sign(wallet, device, draft)
    await reading
    wallet.store.mark_sent(payment.txid)
    bumped = wallet.draft_bump(payment.txid, 5)
    higher = Person(emulator)
    reading = higher.accept()
    await spend.sign(wallet, device, bumped)
    await reading
    await device.close()
    for person in (first, higher):
        text = "".join("".join(person.read).split())
        assert f"name{name},verified" in text
        assert case["address"] in text
    wallet.close()
