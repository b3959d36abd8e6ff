"""T133: several seeds in memory: one that signs unasked, or that outlives its use."""

import pytest

from firmware_emu.core.device import Device
from firmware_emu.effects import Save, State
from firmware_emu.events import BytesIn, Port
from firmware_emu.flows.menu import session
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice, Question
from firmware_emu.storage import seed_records
from signer.keys.keyring import Keyring
from signer.keys.seeds.mnemonic import seed_from_words
from tests import psbts
from tests.desk import ABANDON, ENTROPY, Desk

ZOO = ("zoo",) * 11 + ("wrong",)
CAMERA = Port("air", "camera")
PLAIN, WITH, OTHER = "73c5da0a", "b4e3f5ed", "3f635a63"


class Stateless(Desk):
    """A desk whose device keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.device = Device(None, ENTROPY, None)
        self.shown.clear()
        self.log.clear()
        self._carry(self.device.start())

    def load(self, words: tuple[str, ...], passphrase: str = "") -> None:
        """From the menu of a new device, or of the session, to its keys in use."""
        self.choose("I have a seed")
        self.choose(f"{len(words)} words")
        for word in words:
            self.type(word)
            self.press("ok")
        if not passphrase:
            self.choose("Use it")
            return
        self.choose("Add a passphrase")
        self.type(passphrase)
        self.press("ok", "hold")

    def load_another(self, words: tuple[str, ...], passphrase: str = "") -> None:
        self.press("ok")
        self.choose("Load another seed")
        self.load(words, passphrase)

    @property
    def fingerprint(self) -> str:
        return self.shown[-1].fingerprint


def keys(words: tuple[str, ...] = ABANDON) -> Keyring:
    return Keyring(seed_from_words(words))


def loaded() -> Stateless:
    """Two seeds; that of zoo is in use."""
    desk = Stateless()
    desk.load(ABANDON)
    desk.load_another(ZOO)
    return desk


def ask(desk: Desk, raw: bytes) -> list[dict]:
    cable = desk.fresh_port()
    cable.request("sign_psbt", {"network": "localtest", "psbt": raw})
    if isinstance(desk.screen, Question):
        return []
    desk.approve()
    return cable.replies()


def test_a_seed_is_used_without_a_pin_and_nothing_is_kept() -> None:
    desk = Stateless()
    desk.load(ABANDON)
    assert (desk.state, desk.fingerprint) == (State.UNLOCKED, PLAIN)
    assert "in memory alone" in desk.text
    assert "result" in ask(desk, psbts.build(psbts.keyring(), 2))[0]
    seed = bytes(seed_from_words(ABANDON))
    for effect in desk.log:
        if isinstance(effect, Save):
            assert seed not in effect.record


def test_a_passphrase_is_added_after_a_hold() -> None:
    desk = Stateless()
    desk.load(ABANDON, "TREZOR")
    assert desk.fingerprint == WITH
    assert "with a passphrase" in desk.text


def test_seeds_are_chosen_by_their_fingerprint() -> None:
    desk = loaded()
    desk.load_another(ABANDON, "TREZOR")
    desk.press("ok")
    desk.choose("Choose a seed")
    assert isinstance(desk.screen, Menu)
    assert [item.split()[0] for item in desk.screen.items] == [PLAIN, OTHER, WITH]
    desk.choose(f"{PLAIN} in memory alone")
    assert desk.fingerprint == PLAIN


def test_a_payment_of_another_is_asked_about_and_signed_by_that() -> None:
    desk = loaded()
    assert desk.fingerprint == OTHER
    assert ask(desk, psbts.build(keys(), 2)) == []
    assert f"Now {OTHER}" in desk.text
    assert PLAIN in desk.text
    desk.press("ok")
    assert desk.fingerprint == PLAIN
    desk.approve()
    assert "Signed" in desk.text


def test_who_says_no_signs_with_nothing() -> None:
    desk = loaded()
    cable = desk.fresh_port()
    cable.request("sign_psbt", {"network": "localtest", "psbt": psbts.build(keys(), 2)})
    desk.press("stop")
    assert desk.fingerprint == OTHER
    [reply] = cable.replies()
    assert "error" in reply or reply["result"] == psbts.build(keys(), 2)


def test_a_payment_of_the_keys_in_use_asks_nothing() -> None:
    desk = loaded()
    assert "result" in ask(desk, psbts.build(keys(ZOO), 2))[0]
    assert desk.fingerprint == OTHER


def test_amounts_are_remembered_for_each_seed() -> None:
    """T92 and T128: going to another and back makes no room for a second story."""

    def claiming(*amounts: int, words: tuple[str, ...] = ABANDON) -> bytes:
        payment = psbts.draft(keys(words), 2, outputs=((25_000, psbts.PAYEE),))
        for index, sats in enumerate(amounts):
            payment.ins[index].drop(0x00)
            locked = psbts.lock(keys(words), psbts.path(index=index))
            payment.ins[index].put(0x01, psbts.output(sats, locked))
        payment.outs[1].sats = sum(amounts) - 25_200
        return payment.encode()

    desk = Stateless()
    desk.load(ABANDON)
    assert "result" in ask(desk, claiming(100_000, 90_000))[0]
    desk.dismiss()
    desk.load_another(ZOO)
    assert "result" in ask(desk, claiming(100_000, 90_000, words=ZOO))[0]
    desk.dismiss()
    assert not any("Memory changed" in "".join(show.screen.lines()) for show in desk.shown)
    desk.press("ok")
    desk.choose("Choose a seed")
    desk.choose(f"{PLAIN} in memory alone")
    [reply] = ask(desk, claiming(90_000, 100_000))
    assert "not the one that was signed before" in reply["error"]["message"]


@pytest.mark.parametrize("way", ["idle", "forget"])
def test_all_are_wiped_and_a_person_is_told(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wiped = set[str]()
    right = Keyring.wipe

    def wipe(keyring: Keyring) -> None:
        wiped.add(keyring.fingerprint.hex())
        right(keyring)

    desk = loaded()
    monkeypatch.setattr(Keyring, "wipe", wipe)
    if way == "idle":
        desk.tick(601.0)
        assert "All seeds are forgotten" in " ".join(desk.text.split())
        desk.dismiss()
    else:
        desk.press("ok")
        desk.choose("Forget all seeds")
        desk.press("ok")
        assert desk.state is State.UNLOCKED
        desk.press("hold")
    assert wiped >= {PLAIN, OTHER}
    assert (desk.state, desk.fingerprint) == (State.EMPTY, "")
    assert "I have a seed" in desk.text


def test_a_seed_that_is_held_up_is_added_after_a_hold() -> None:
    desk = Stateless()
    desk.load(ZOO)
    desk.happen(BytesIn(CAMERA, bytes(bytearray(b"0000" * 11 + b"0003"))))
    assert f"Fingerprint {PLAIN}" in desk.text
    desk.press("hold")
    desk.choose("Use it")
    assert desk.fingerprint == PLAIN


def test_no_more_are_loaded_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert session.MOST_SEEDS == seed_records.MOST_OTHERS
    monkeypatch.setattr(session, "MOST_SEEDS", 2)
    desk = loaded()
    desk.press("ok")
    desk.choose("Load another seed")
    assert "No more fit" in desk.text


def test_the_same_seed_loaded_again_is_there_once() -> None:
    desk = Stateless()
    desk.load(ABANDON)
    desk.load_another(ABANDON)
    desk.press("ok")
    desk.choose("Choose a seed")
    assert isinstance(desk.screen, Menu)
    assert len(desk.screen.items) == 1
    desk.press("ok")
    assert "result" in ask(desk, psbts.build(psbts.keyring(), 2))[0]


@pytest.mark.parametrize("steps", [(), ("Back it up", "SeedQR to draw")])
@pytest.mark.parametrize("is_typed", [True, False])
def test_a_seed_that_is_not_in_use_yet_is_wiped_when_left_alone(
    steps: tuple[str, ...], *, is_typed: bool
) -> None:
    """The menu it stands at would draw it for whoever comes by."""
    desk = Stateless()
    if is_typed:
        desk.choose("I have a seed")
        desk.choose("12 words")
        for word in ABANDON:
            desk.type(word)
            desk.press("ok")
    else:
        desk.happen(BytesIn(CAMERA, bytes(bytearray(b"0000" * 11 + b"0003"))))
        desk.press("hold")
    assert "Seed 73c5da0a" in desk.text
    for item in steps:
        desk.choose(item)
    for _ in range(20):
        desk.tick(60)
    assert isinstance(desk.screen, Notice)
    desk.dismiss()
    assert "New wallet" in desk.text
