"""A wallet that lies to the device, and who notices: the person, the device, or the wallet."""

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.__main__ import main
from host.config import grouped
from host.demo import auto
from host.demo.attack import Attack, AttackResult
from host.demo.attacked import DemoAttacks, trick_of
from host.demo.auto import PAID_SATS, RECIPIENT
from host.demo.lies import LOOKALIKE, NETWORK, STOLEN_FEE_SATS, THIEF, TRICKS
from host.errors import DeclinedOnDevice, DeviceError, HostError, LinkLost, WalletError
from host.payees.addresses import read_address
from host.psbt import PsbtMaps
from host.session import wording
from host.session.api import LieOutcome
from host.transactions import Transaction
from host.values import Draft, SignedPayment
from host.wallet import Wallet
from tests.gallery import app_session
from tests.gallery.app_liar import lying
from tests.gallery.app_shots import APPROVED
from tests.host.test_tui import BOTH, NARROW, at_the, funded
from tests.nights import AT_NIGHT
from tests.wallets import fund, paired, sign

NAMES = [trick.lie.name for trick in TRICKS]


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = paired(tmp_path / "wallet")
    fund(wallet, 5_000_000)
    yield wallet
    wallet.close()


@pytest.fixture
def draft(wallet: Wallet) -> Draft:
    return wallet.draft(RECIPIENT, PAID_SATS, 2)


def outputs(psbt: bytes) -> dict[bytes, int]:
    """What each script is paid."""
    unsigned = Transaction.parse(PsbtMaps.parse(psbt).unsigned_tx)
    return {out.script_pubkey: out.sats for out in unsigned.outputs}


def script(address: str) -> bytes:
    return read_address(address, NETWORK).script_pubkey


def test_a_look_alike_begins_and_ends_as_the_right_one_and_pays_somebody_else() -> None:
    assert script(LOOKALIKE) != script(RECIPIENT)
    fours = wording.fours(LOOKALIKE), wording.fours(RECIPIENT)
    assert fours[0][:2] == fours[1][:2]
    assert fours[0][-1] == fours[1][-1]
    different = [left != right for left, right in zip(*fours, strict=True)]
    assert sum(different) == len(fours[0]) - 3, "all that lies between"


@pytest.mark.parametrize(("name", "payee"), [("address", THIEF), ("poisoned", LOOKALIKE)])
def test_another_payee_is_the_only_thing_that_changes(draft: Draft, name: str, payee: str) -> None:
    honest, lie = outputs(draft.psbt), outputs(trick_of(name).payment(draft))
    assert lie.pop(script(payee)) == honest.pop(script(RECIPIENT)) == PAID_SATS
    assert lie == honest
    assert trick_of(name).evidence(draft) == payee


def test_the_fee_comes_out_of_the_change(draft: Draft) -> None:
    honest, lie = outputs(draft.psbt), outputs(trick_of("fee").payment(draft))
    assert sum(honest.values()) - sum(lie.values()) == STOLEN_FEE_SATS
    assert lie[script(RECIPIENT)] == PAID_SATS
    assert trick_of("fee").evidence(draft) == str(draft.fee_sats + STOLEN_FEE_SATS)


def test_the_change_goes_to_a_thief_and_is_still_called_yours(draft: Draft) -> None:
    lie = trick_of("change").payment(draft)
    assert outputs(lie)[script(THIEF)] == draft.change_sats
    assert PsbtMaps.parse(lie).outputs == PsbtMaps.parse(draft.psbt).outputs
    assert trick_of("change").stake(draft) == draft.change_sats


@pytest.mark.parametrize("name", ["network", "device"])
def test_two_lies_leave_the_payment_as_it_is(draft: Draft, name: str) -> None:
    assert trick_of(name).payment(draft) == draft.psbt
    assert trick_of(name).evidence(draft) == ""


def test_a_defective_answer_is_one_that_the_wallet_does_not_take(
    wallet: Wallet, draft: Draft
) -> None:
    signed = sign(draft.psbt)
    spoiled = trick_of("device").answer(signed)
    assert spoiled != signed
    assert len(spoiled) == len(signed)
    with pytest.raises(WalletError, match="A signature came back that is not right"):
        wallet.finish(draft, spoiled)
    assert wallet.finish(draft, signed).fee_sats == draft.fee_sats


def test_a_lie_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(HostError, match="no lie 'white' here"):
        trick_of("white")


class Device:
    """Answers as it is told."""

    def __init__(self, answer: bytes | HostError) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self._answer = answer

    async def sign(self, network: str, psbt: bytes) -> bytes:
        self.asked.append((network, psbt))
        if isinstance(self._answer, HostError):
            raise self._answer
        return self._answer


class Session:
    """What DemoAttacks uses of a demo's session, with a wallet that says no to an answer."""

    def __init__(self, device: Device, refusal: str = "") -> None:
        self.device = device
        self.discarded: list[Draft] = []
        self._refusal = refusal

    @property
    def cable(self) -> "Session":
        return self

    async def ask(self, question):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return await question(self.device)

    async def unlock(self) -> None:
        """It is."""

    async def discard(self, draft: Draft) -> None:
        self.discarded.append(draft)

    async def take_signed(self, draft: Draft, signed: bytes) -> SignedPayment:
        if self._refusal:
            raise WalletError(self._refusal)
        return SignedPayment(signed, "txid", draft.fee_sats)


async def told(name: str, draft: Draft, device: Device, refusal: str = "") -> LieOutcome:
    session = Session(device, refusal)
    outcome = await DemoAttacks(session).tell(name, draft)  # type: ignore[arg-type]
    assert session.discarded == [draft], "it does not stay behind as the wallet's draft"
    return outcome


@pytest.mark.parametrize("name", NAMES)
async def test_a_no_on_the_device_catches_every_lie(name: str, draft: Draft) -> None:
    outcome = await told(name, draft, Device(DeclinedOnDevice("You said no.")))
    assert outcome.caught
    assert "You said no" in outcome.sentence
    assert outcome.sats > 0


@pytest.mark.parametrize("name", NAMES)
async def test_a_yes_to_a_lie_is_counted_in_sats(name: str, draft: Draft) -> None:
    device = Device(sign(draft.psbt))
    outcome = await told(name, draft, device)
    assert not outcome.caught
    assert f"{grouped(outcome.sats)} sats would be gone" in outcome.sentence
    assert device.asked == [(trick_of(name).network, trick_of(name).payment(draft))]


async def test_a_refusal_of_the_device_is_told_in_its_words(draft: Draft) -> None:
    outcome = await told("network", draft, Device(DeviceError("It is set to another network.")))
    assert outcome.caught
    assert "It is set to another network." in outcome.sentence


async def test_the_wallet_catches_a_defective_device(draft: Draft) -> None:
    outcome = await told("device", draft, Device(sign(draft.psbt)), "It is not right.")
    assert outcome.caught
    assert "It is not right." in outcome.sentence


async def test_a_cable_that_is_pulled_is_no_victory(draft: Draft) -> None:
    session = Session(Device(LinkLost("The cable was pulled.")))
    with pytest.raises(LinkLost):
        await DemoAttacks(session).tell("address", draft)  # type: ignore[arg-type]
    assert session.discarded == [draft]


# In the app


@BOTH
async def test_the_wallets_claim_is_read_before_the_device_is_asked(size: tuple[int, int]) -> None:
    session = lying()
    async with at_the(session, size) as person:
        assert "Press a number, and believe the device" in await person.does("a")
        claim = await person.does("1")
        assert " ".join(wording.fours(app_session.THEIRS)) in claim
        assert "press enter to ask the device" in claim
        assert not session.signed
        await person.does("enter")
        assert len(session.signed) == 1


@BOTH
async def test_a_no_is_a_lie_caught_and_a_yes_is_what_it_costs(size: tuple[int, int]) -> None:
    async with at_the(lying(), size) as person:
        caught = await person.does("a", "1", "enter", "escape")
        assert "Caught 1 of 1 Lost 0 sats Saved 25 000 sats" in caught
        assert "1 ✓ Swapped address" in caught
        lost = await person.does("2", "enter", *APPROVED)
        assert "Caught 1 of 2 Lost 1 000 000 sats Saved 25 000 sats" in lost
        assert "2 ✗ Stolen by the fee" in lost
        again = await person.does("2", "enter", "escape")
        assert "Caught 2 of 2 Lost 0 sats" in again, "the latest try counts"


async def test_all_six_lies_fit_a_small_window() -> None:
    async with at_the(lying(), NARROW) as person:
        await person.does("a")
        for key in "123456":
            shown = await person.does(key, "enter", "escape")
        assert "Caught 6 of 6" in shown
        assert "Press a number, and believe the device" in shown


async def test_a_lie_that_cannot_be_told_is_a_sentence_and_no_score() -> None:
    session = lying()
    async with at_the(session) as person:
        session.trouble["sign"] = "The cable was pulled."
        shown = await person.does("a", "1", "enter")
        assert "The cable was pulled." in shown
        session.trouble["draft"] = "There are too few coins."
        assert "There are too few coins." in await person.does("2")
        assert "Caught" not in shown.partition("The cable")[0]


async def test_a_locked_device_is_told_its_pin() -> None:
    session = lying()
    async with at_the(session) as person:
        await person.does("a")
        session.show(app_session.LOCKED)
        assert "Its PIN is 274186" in await person.reads()


async def test_enter_before_a_number_asks_nothing() -> None:
    session = lying()
    async with at_the(session) as person:
        await person.does("a", "enter", "7", "0")
        assert not session.signed


async def test_an_honest_wallet_has_no_such_key() -> None:
    async with at_the(funded()) as person:
        before = await person.reads()
        assert "a Lies" not in before
        assert await person.does("a") == before


# The whole of it, on a real device


def test_a_finger_that_reads_the_device_catches_every_lie(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--attack", "--auto", "--link", "tcp", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [line["sentence"].replace(" ", "").replace("\N{NO-BREAK SPACE}", "") for line in lines]
    for name, seen in (
        ("address", THIEF),
        ("fee", f"Youwouldpay{STOLEN_FEE_SATS + 281}satsoffee"),
        ("change", "Output1issaidtoreturnto"),
        ("poisoned", LOOKALIKE),
    ):
        (end,) = [index for index, line in enumerate(lines) if line.get("lie") == name]
        begin = max(index for index in range(end) if lines[index]["step"] == "wallet")
        shown = "".join(said[begin + 1 : end]).replace("·", "").replace("Output2", "Output1")
        assert seen in shown, name
        assert RECIPIENT in said[begin]
        assert seen not in said[begin]
    caught = {line["lie"]: line for line in lines if line["step"] == "caught"}
    assert list(caught) == NAMES
    assert "belongs to another network" in caught["network"]["sentence"]
    assert "A signature came back that is not right" in caught["device"]["sentence"]
    stake = sum(line["sats"] for line in caught.values())
    result = {"lies": 6, "caught": 6, "lost_sats": 0, "at_stake_sats": stake}
    assert {key: lines[-1][key] for key in result} == result
    assert stake > 6_000_000


class Believer(Attack):
    """Somebody who presses yes whatever the device shows."""

    __slots__ = ()

    async def _lied_to(self, name: str, draft: Draft) -> LieOutcome:
        if name != "address":
            return LieOutcome(name, True, 0, "")
        question = DemoAttacks(self.session).tell(name, draft)
        outcome, _ = await auto.together(question, self.finger.accept())
        return outcome


@AT_NIGHT
def test_who_believes_the_wallet_loses_and_the_run_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = Namespace(home=None, link="tcp", json=False)
    with pytest.raises(HostError, match=r"1 lies were believed: 25.000 sats\."):
        auto.play(args, Believer)
    assert AttackResult.__name__ not in capsys.readouterr().out


def test_an_air_gap_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--attack", "--auto", "--link", "qr"]) == 2
    assert "Lies are told over a cable" in capsys.readouterr().err
