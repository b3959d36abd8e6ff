"""Personalities are plugs: what is half made is named, and a fault of one ends nothing else."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu import personalities
from firmware_emu.commands import (
    Fault,
    FaultCode,
    Fingerprint,
    GetFingerprint,
    GetXpub,
    Register,
    Registered,
    Reply,
    Request,
    ShowAccountAddress,
    Sign,
    Signed,
    SignMessage,
    Text,
)
from firmware_emu.core.device import Device
from firmware_emu.effects import BytesOut
from firmware_emu.events import BytesIn, Port
from firmware_emu.personalities import IncompletePersonality, Personality, Profile
from firmware_emu.screens.confirm import Confirm
from signer.errors import Malformed
from tests import psbts
from tests.desk import CHEAP, Cable, Desk, unlocked_desk

PROFILE = Profile({"bitcoin": "testnet"}, "quietkey", bytes(6))
LINE = Port("toy", "line")
ACCOUNT_PATH = tuple(step + (1 << 31) for step in (48, 1, 0, 2))


@dataclass
class Toy:
    """A protocol of objects: a command is asked by putting it into `commands`."""

    commands: list[object] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    fault: Exception | None = None

    def receive(self, data: bytes, /) -> Iterator[Request | bytes]:
        if self.fault:
            raise self.fault
        yield b"got " + data
        for command in self.commands:
            yield Request("1", command)  # type: ignore[arg-type]
        self.commands = []

    def prompted(self, _ticket: str, /) -> bytes:
        return b"a person is asked"

    def reply(self, _ticket: str, reply: Reply, /) -> bytes:
        self.replies.append(reply)
        return b"answered"

    def tick(self, seconds: float, /) -> None:
        pass

    def hang_up(self) -> None:
        pass


class ToyDesk(Desk):
    """A desk whose device speaks the toy's protocol on `LINE`, and Jade's elsewhere."""

    def __init__(self) -> None:
        self.toys: list[Toy] = []
        super().__init__()
        self.device = Device(None, bytes(32), CHEAP, personality=self._load)
        self.shown.clear()
        self._carry(self.device.start())
        self.restore()

    def _load(self, name: str) -> personalities.PersonalityFactory:
        return self._toy if name == "toy" else personalities.load(name)

    def _toy(self, _profile: Profile) -> Personality:
        self.toys.append(Toy())
        return self.toys[-1]

    def ask(self, *commands: object) -> Toy:
        """The toy, after it was asked for these."""
        if not self.toys:
            self.happen(BytesIn(LINE, b""))
        self.toys[-1].commands = list(commands)
        self.happen(BytesIn(LINE, b"."))
        return self.toys[-1]

    def sent(self) -> bytes:
        effects = (effect for effect in self.log if isinstance(effect, BytesOut))
        return b"".join(effect.data for effect in effects if effect.port == LINE)


# The vocabulary


def test_the_fingerprint_is_told_without_a_person() -> None:
    toy = ToyDesk().ask(GetFingerprint())
    assert toy.replies == [Fingerprint(bytes.fromhex("73c5da0a"))]


def test_a_key_that_is_to_be_shown_is_compared_first_and_the_protocol_told_so() -> None:
    desk = ToyDesk()
    toy = desk.ask(GetXpub("bitcoin", "testnet", ACCOUNT_PATH, show=True))
    assert isinstance(desk.screen, Confirm)
    assert toy.replies == []
    assert desk.sent().endswith(b"a person is asked")
    read = "".join("".join(desk.approve()).split())
    [reply] = toy.replies
    assert isinstance(reply, Text)
    assert reply.text in read
    assert desk.sent().count(b"a person is asked") == 1


def test_a_key_that_is_not_to_be_shown_is_told_at_once() -> None:
    desk = ToyDesk()
    [reply] = desk.ask(GetXpub("bitcoin", "testnet", ACCOUNT_PATH)).replies
    assert isinstance(reply, Text)
    assert b"a person is asked" not in desk.sent()


def registered(desk: ToyDesk) -> bytes:
    """The record of an account of two keys, as the host that registered it holds it."""
    keys = (
        psbts.key_text(psbts.keyring()),
        psbts.key_text(psbts.keyring("zoo " * 11 + "wrong")),
    )
    template = "wsh(sortedmulti(2,@0/**,@1/**))"
    toy = desk.ask(Register("bitcoin", "regtest", "pair", template, keys))
    desk.approve()
    desk.dismiss()
    [reply] = toy.replies
    toy.replies.clear()
    assert isinstance(reply, Registered)
    return reply.record


def test_a_record_stands_for_the_account_also_where_it_was_forgotten() -> None:
    desk = ToyDesk()
    record = registered(desk)
    by_name = ShowAccountAddress("bitcoin", "regtest", "pair", ((0, 4),))
    toy = desk.ask(by_name)
    desk.approve()
    desk.press("ok")
    desk.choose("Registered accounts")
    desk.press("ok", "hold")
    desk.ask(ShowAccountAddress("bitcoin", "regtest", record, ((0, 4),)))
    assert '"pair", branch 0, index 4' in " ".join(" ".join(desk.approve()).split())
    first, second = toy.replies
    assert first == second
    assert isinstance(first, Text)


def test_a_payment_of_an_account_is_signed_by_its_record() -> None:
    desk = ToyDesk()
    record = registered(desk)
    desk.press("ok")
    desk.choose("Registered accounts")
    desk.press("ok", "hold")
    keys = [psbts.key_text(psbts.keyring()), psbts.key_text(psbts.keyring("zoo " * 11 + "wrong"))]
    of = psbts.vault("wsh(sortedmulti(2,@0/**,@1/**))", *keys, name="pair")
    payment = psbts.draft(of).encode()
    toy = desk.ask(Sign("bitcoin", "regtest", payment))
    desk.dismiss()
    desk.ask(Sign("bitcoin", "regtest", payment, (record,)))
    desk.approve()
    refused, signed = toy.replies
    assert getattr(refused, "reason", "") == "NOT_REGISTERED"
    assert isinstance(signed, Signed)


def test_an_edited_record_is_no_account() -> None:
    desk = ToyDesk()
    record = registered(desk)
    edited = record[:-1] + bytes((record[-1] ^ 1,))
    toy = desk.ask(ShowAccountAddress("bitcoin", "regtest", edited, ((0, 4),)))
    desk.dismiss()
    desk.ask(Sign("bitcoin", "regtest", psbts.build(psbts.keyring(), 1), (edited,)))
    assert [getattr(reply, "reason", "") for reply in toy.replies] == [
        "NO_SUCH_ACCOUNT",
        "RECORD_NOT_OURS",
    ]


@pytest.mark.parametrize(
    "command",
    [
        GetXpub("bitcoin", "nowhere", ACCOUNT_PATH),
        GetXpub("nothing", "mainnet", ACCOUNT_PATH, show=True),
        Sign("bitcoin", "nowhere", b""),
        SignMessage("nothing", ACCOUNT_PATH, "hello"),
    ],
)
def test_a_chain_or_a_network_that_there_is_not_is_an_answer(command: object) -> None:
    [reply] = ToyDesk().ask(command).replies
    assert isinstance(reply, Fault)
    assert reply.code is FaultCode.WRONG_NETWORK


# Faults


@pytest.mark.parametrize(
    "fault",
    [KeyError("x"), ValueError(), TypeError(), StopIteration(), struct.error(), Malformed("x")],
)
def test_a_fault_of_a_personality_drops_its_state_and_ends_nothing_else(fault: Exception) -> None:
    desk = ToyDesk()
    jade = desk.plug()
    desk.ask(GetXpub("bitcoin", "testnet", ACCOUNT_PATH, show=True))
    desk.toys[0].fault = fault
    desk.happen(BytesIn(LINE, b"junk"))
    assert "Link closed" in desk.text
    desk.dismiss()
    assert "Unlocked." in desk.text
    assert jade.call("ping")["result"] == 0
    desk.happen(BytesIn(LINE, b"again"))
    assert len(desk.toys) == 2


def test_a_fault_does_not_take_a_person_out_of_the_menu() -> None:
    desk = ToyDesk()
    toy = desk.ask()
    desk.press("ok")
    toy.fault = KeyError("x")
    desk.happen(BytesIn(LINE, b"junk"))
    assert "Registered accounts" in desk.text


def test_a_fault_of_our_own_is_not_taken_for_one_of_a_personality() -> None:
    desk = ToyDesk()
    desk.ask().fault = MemoryError()
    with pytest.raises(MemoryError):
        desk.happen(BytesIn(LINE, b"junk"))


# The plugs


@pytest.mark.parametrize("name", personalities.names())
def test_every_personality_is_whole(name: str) -> None:
    personality = personalities.load(name)(PROFILE)
    assert personality.prompted("1") == b""
    personality.tick(1.0)
    personality.hang_up()


@pytest.mark.parametrize("name", personalities.names())
def test_ten_thousand_strings_of_junk_are_no_fault(name: str) -> None:
    personality = personalities.load(name)(PROFILE)
    seed = 1
    for _ in range(10_000):
        seed = seed * 6364136223846793005 % (1 << 64) + 1442695040888963407
        junk = (seed % (1 << 64)).to_bytes(8, "big")
        for item in personality.receive(junk[: 1 + seed % 8]):
            if isinstance(item, Request):
                personality.reply(item.ticket, Text("no"))


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_end_the_device(messages: list[bytes]) -> None:
    for name in personalities.names():
        cable = Cable(DESK, Port(name, "junk"))
        for message in messages:
            cable.send(message)
            DESK.tick(3)
        DESK.dismiss()
        assert "Link closed" not in DESK.text
        cable.pull()


DESK = unlocked_desk()


def test_a_half_made_personality_is_refused_and_what_it_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Half:
        def receive(self, _data: bytes) -> Iterator[Request | bytes]:
            yield b""

        def tick(self, seconds: float) -> None: ...

    module = ModuleType("half")
    monkeypatch.setattr(personalities, "names", lambda: ("half",))
    monkeypatch.setattr(personalities.importlib, "import_module", lambda _name: module)
    with pytest.raises(IncompletePersonality) as refused:
        personalities.load("half")
    assert refused.value.missing == ("PERSONALITY",)
    module.PERSONALITY = Half  # type: ignore[attr-defined]
    with pytest.raises(IncompletePersonality, match="has no prompted, reply, hang_up"):
        personalities.load("half")


def test_a_name_that_there_is_not_is_no_personality() -> None:
    with pytest.raises(LookupError):
        personalities.load("nobody")
