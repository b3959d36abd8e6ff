"""The air gap from the device's side: codes in, screens out, and a person in between."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_emu.commands import Fault, FaultCode, Request, Sign, Signed, Unlock, Unusable
from firmware_emu.effects import State
from firmware_emu.events import BytesIn, Fits, KeyPressed, Port, Remarked, Shown
from firmware_emu.personalities import Profile
from firmware_emu.personalities.air import Air
from firmware_emu.personalities.air.air import AWAY_S
from firmware_emu.screens import Key
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.home import Home
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.scan import Scan
from host import optics
from signer.chains.bitcoin import BITCOIN
from signer.chains.bitcoin.psbt import container
from signer.formats import cbor
from signer.formats.payload import radix, reader
from signer.formats.payload.values import Form, Payment
from signer.formats.qr import bbqr, parts, peers, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.parts import PartCollector, Progress
from signer.formats.qr.peers import Turns
from signer.formats.qr.series import LARGEST
from signer.formats.qr.ur import PSBT_TYPES, Ur
from signer.hashes import sha256
from tests import kernel, psbts
from tests.desk import Desk, unlocked_desk
from tests.optics import costs

CAMERA = Port("air", "camera")
PROFILE = Profile({"bitcoin": "regtest"})


def codes(psbt: bytes, max_fragment: int = 200) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in parts.split(ur.from_psbt(psbt), max_fragment))


def hold_up(desk: Desk, shown: tuple[bytes, ...]) -> None:
    for code in shown:
        desk.happen(BytesIn(CAMERA, code))


def watch(desk: Desk) -> bytes:
    """The PSBT that the device's animated code holds, read as its frames go by."""
    collector = PartCollector(PSBT_TYPES)
    screen = desk.screen
    assert isinstance(screen, Qr), desk.text
    for _ in range(2 * len(screen.frames)):
        if isinstance(seen := collector.add(desk.screen.frame), Ur):
            return ur.to_psbt(seen)
        desk.tick(1.0)
    pytest.fail("the code went round twice without being whole")


def requests(air: Air, shown: tuple[bytes, ...]) -> list[Request | bytes]:
    items = (item for code in shown for item in air.receive(code))
    return [item for item in items if not isinstance(item, Scan)]


@pytest.mark.parametrize("n_inputs", [1, 3])
def test_a_payment_held_up_to_the_camera_is_reviewed_signed_and_shown(n_inputs: int) -> None:
    desk = unlocked_desk()
    draft = psbts.build(psbts.keyring(), n_inputs)
    hold_up(desk, codes(draft))
    assert isinstance(desk.screen, Confirm)
    assert desk.approve()
    signed = watch(desk)
    assert signed == psbts.sign(draft, psbts.keyring())


def test_a_key_that_is_still_down_after_signing_does_not_take_the_answer_away() -> None:
    desk = unlocked_desk()
    hold_up(desk, codes(psbts.build(psbts.keyring(), 3)))
    assert desk.approve()
    shown_s = desk.now_s
    desk.happen(Shown(shown_s))
    for late in (0.2, 0.4, 0.6, 0.8):  # a busy machine stretches the repeats of a held key
        desk.happen(KeyPressed(Key.OK, shown_s + late))
        assert isinstance(desk.screen, Qr), late
    desk.tick(0.5)
    desk.happen(KeyPressed(Key.OK, shown_s + 2.0))
    assert isinstance(desk.screen, Home)


@pytest.mark.parametrize("code", [b"bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx", None])
def test_a_new_device_says_why_it_offers_a_wallet(code: bytes | None) -> None:
    desk = Desk()
    hold_up(desk, (code,) if code else codes(psbts.build(psbts.keyring(), 1)))
    text = " ".join(desk.text.split())
    assert "This device has no wallet yet. What was shown needs one." in text
    desk.press("ok")
    assert "New wallet" in desk.text


@pytest.mark.parametrize("name", peers.NAMES)
def test_an_answer_is_in_the_form_size_and_speed_of_the_program_that_was_named(name: str) -> None:
    peer = peers.peer(name)
    signed = psbts.build(psbts.keyring(), 20)
    screen = Air(PROFILE, peer).reply("payment as bbqr", Signed(signed))
    assert isinstance(screen, Qr)
    shower = screen.fit(LARGEST).shower
    assert shower.code_s == peer.period_s
    starts = {"any": "B$ZP", "coldcard": "B$ZP", "specter": "p1of"}  # any: as it was asked
    assert shower.series.text(0).startswith(starts.get(name, "UR:CRYPTO-PSBT/"))
    assert optics.version_for(screen.frames) <= peer.version
    rounds = {Turns.ENDLESS: shower.length, Turns.TWICE: 2 * shower.series.count}
    if peer.form is Form.UR:
        assert shower.length == rounds[peer.turns]


@pytest.mark.parametrize("form", [Form.UR, Form.UR1, Form.BBQR, Form.NUMBERED, Form.BASE43])
def test_the_first_code_of_a_large_answer_is_there_at_once_in_every_form(form: Form) -> None:
    spent, codes = min(costs.first_paint(form) for _ in range(3))
    assert codes > 100
    assert spent <= 3 * 20  # `python -m tests.optics costs` holds 20 on a machine at rest


def test_electrum_gets_one_code_in_its_own_letters_where_it_fits() -> None:
    small = psbts.build(psbts.keyring(), 1)
    screen = Air(PROFILE, peers.peer("electrum")).reply("payment as ur", Signed(small))
    assert isinstance(screen, Qr)
    assert screen.frames == (radix.encode(small, radix.BASE43),)


@pytest.mark.parametrize("name", ["any", "krux", "coldcard"])
def test_who_may_need_the_whole_payment_gets_it_first(name: str) -> None:
    signed = psbts.sign(psbts.build(psbts.keyring(), 3), psbts.keyring())
    screen = Air(PROFILE, peers.peer(name)).reply("payment as ur", Signed(signed))
    assert isinstance(screen, Qr)
    assert payload_of(screen) == signed


@pytest.mark.parametrize("name", ["quietkey", "sparrow", "bluewallet", "nunchuk"])
def test_who_merges_gets_the_signatures_first(name: str) -> None:
    signed = psbts.sign(psbts.build(psbts.keyring(), 3), psbts.keyring())
    screen = Air(PROFILE, peers.peer(name)).reply("payment as ur", Signed(signed))
    assert isinstance(screen, Qr)
    assert payload_of(screen) == BITCOIN.signatures_only(signed)


def payload_of(screen: Qr) -> bytes:
    """The PSBT of a screen's codes, read one after the other."""
    collector = reader.Collector()
    for text in screen.frames:
        if not isinstance(seen := collector.add(text.encode()), Progress):
            payload = reader.read(seen)
            assert isinstance(payload, Payment)
            return payload.psbt
    pytest.fail("the codes do not make up anything")


def test_a_key_goes_through_the_whole_the_signatures_and_the_transaction() -> None:
    desk = unlocked_desk()
    hold_up(desk, codes(psbts.build(psbts.keyring(), 1)))
    assert desk.approve()
    desk.happen(Fits(20))
    titles = []
    for _ in range(4):
        titles.append(desk.text.split()[0])
        assert isinstance(desk.screen, Qr)
        assert f"c: {desk.screen.alternatives[0].title.lower()}" in desk.text
        if titles[-1] == "Transaction":
            signed = psbts.sign(psbts.build(psbts.keyring(), 1), psbts.keyring())
            raw_tx = kernel.finalized(container.parse(signed))
            assert desk.screen.frames == (raw_tx.hex().upper(),)
        else:
            assert len(watch(desk)) > 100
        desk.type("c")
    assert titles == ["Signed", "Signatures", "Transaction", "Signed"]


def test_a_joint_account_shows_no_transaction_before_its_last_signature() -> None:
    third = psbts.keyring("zoo " * 11 + "wrong")
    signers = psbts.keyring(), psbts.keyring(psbts.OTHER), third
    vault = psbts.vault("wsh(sortedmulti(2,@0/**,@1/**,@2/**))", *signers)
    keys = signers[0]
    signed = psbts.sign_part(psbts.draft(vault).encode(), keys, records=[vault.record(keys)])
    screen = Air(PROFILE).reply("payment as ur", Signed(signed))
    assert isinstance(screen, Qr)
    assert [other.title for other in screen.alternatives] == ["Signatures"]


@pytest.mark.parametrize("name", ["quietkey", "sparrow", "bluewallet", "krux"])
@pytest.mark.parametrize("n_inputs", [10, 60])
def test_the_time_it_says_is_the_time_it_takes(name: str, n_inputs: int) -> None:
    """Ticks of a twentieth of a second, as the device's clock gives them, and a reader of all."""
    signed = psbts.sign(psbts.build(psbts.keyring(), n_inputs), psbts.keyring())
    screen = Air(PROFILE, peers.peer(name)).reply("payment as ur", Signed(signed))
    assert isinstance(screen, Qr)
    screen = screen.fit(14)
    said_s = float(screen.summary.partition(", ")[2].removesuffix(" s"))
    collector, elapsed_s = PartCollector(PSBT_TYPES), 0.0
    while not isinstance(collector.add(screen.frame), Ur):
        screen = screen.tick(0.05)
        elapsed_s += 0.05
    assert elapsed_s == pytest.approx(said_s, rel=0.2)


def test_a_new_device_on_a_cable_offers_a_wallet_at_once() -> None:
    desk = Desk()
    desk.plug().request("auth_user", {"network": "localtest"})
    assert "New wallet" in desk.text


def test_a_remark_of_the_camera_waits_until_a_refusal_was_read() -> None:
    desk = unlocked_desk()
    hold_up(desk, (b"hello",))
    refusal = desk.text
    assert "Not scanned" in refusal
    desk.happen(Remarked("No QR code was seen in a.png."))
    desk.happen(Remarked("No QR code was seen in b.png."))
    assert desk.text == refusal
    desk.press("ok")
    assert "Camera" in desk.text
    assert "b.png" in desk.text
    desk.happen(Remarked("The camera or the video has ended."))
    assert "ended." in desk.text
    desk.press("ok")
    assert isinstance(desk.screen, Home)


def test_a_remark_of_the_camera_does_not_take_an_answer_away() -> None:
    desk = unlocked_desk()
    hold_up(desk, codes(psbts.build(psbts.keyring(), 3)))
    assert desk.approve()
    desk.happen(Remarked("The camera or the video has ended."))
    assert isinstance(desk.screen, Qr)
    watch(desk)
    desk.press("ok")
    assert "Camera" in desk.text


def test_what_has_nothing_to_sign_is_not_shown_as_a_code_that_looks_signed() -> None:
    desk = unlocked_desk()
    hold_up(desk, codes(psbts.build(psbts.keyring(psbts.OTHER), 1)))
    assert isinstance(desk.screen, Notice)
    assert "The coins of this payment are not yours." in " ".join(desk.text.split())


def test_a_locked_device_asks_for_its_pin_and_then_shows_the_payment() -> None:
    desk = unlocked_desk()
    desk.lock()
    hold_up(desk, codes(psbts.build(psbts.keyring(), 1)))
    assert desk.state is State.LOCKED
    desk.enter_pin()
    assert desk.state is State.UNLOCKED
    assert isinstance(desk.screen, Confirm)


def test_a_payment_that_was_declined_does_not_come_back_while_it_is_in_view() -> None:
    desk = unlocked_desk()
    shown = codes(psbts.build(psbts.keyring(), 1))
    hold_up(desk, shown)
    desk.press("stop")
    desk.dismiss()
    hold_up(desk, shown * 3)
    assert isinstance(desk.screen, Home)
    desk.tick(AWAY_S + 0.1)
    hold_up(desk, shown)
    assert isinstance(desk.screen, Confirm)


def test_one_payment_seen_again_and_again_is_one_request() -> None:
    air = Air(PROFILE)
    shown = codes(psbts.build(psbts.keyring(), 3), 100)
    assert len(requests(air, shown * 5)) == 2
    for code in shown * 3:
        air.tick(AWAY_S * 0.9)
        assert not requests(air, (code,))


@pytest.mark.parametrize("network", ["mainnet", "testnet", "regtest"])
def test_a_payment_is_for_the_network_of_the_device_whatever_it_holds(network: str) -> None:
    draft = psbts.build(psbts.keyring(), 1)
    assert requests(Air(Profile({"bitcoin": network})), codes(draft)) == [
        Request("opening", Unlock(is_for_code=True), is_by_person=True),
        Request("payment as ur", Sign("bitcoin", network, draft), is_by_person=True),
    ]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (b"BITCOIN:?AMOUNT=1", "has no address"),
        (b"cHNidP8BAHECAAAAAAAAAA=A", "no whole base64"),
        (b"B$2P0100", "BBQr code with a mistake in it"),
        (b"B$2R0100AE", "a teleported secret"),
        (b"p3of1 abc", "above the count"),
        (b"UR:CRYPTO-PSBT/AEAE", "with a mistake in it"),
        (b"ur:x-strange/aeadaolazmjendeoti", "of another kind"),
        (b"\xff\x00", "does not know"),
        (b"hello", "does not know"),
        (b"0x" + b"ab" * 20, "address of another chain"),
        (b"0x" + psbts.build(psbts.keyring(), 1).hex().encode(), "does not know"),
        (b"KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", "holds a private key"),
    ],
)
def test_another_code_is_named_and_so_is_what_is_wrong_with_it(code: bytes, what: str) -> None:
    [request] = Air(PROFILE).receive(code)
    assert isinstance(request, Request)
    assert isinstance(request.command, Unusable)
    assert what in request.command.fault.message


@pytest.mark.parametrize("mark", ['"', "'", "`"])
def test_a_payment_that_was_copied_with_its_quotes_is_read(mark: str) -> None:
    text = b64encode(psbts.build(psbts.keyring(), 1)).decode()
    _, request = Air(PROFILE).receive(f"{mark}{text}{mark}".encode())
    assert isinstance(request, Request)
    assert isinstance(request.command, Sign)


def test_the_person_reads_on_the_device_that_a_code_was_the_wrong_one() -> None:
    desk = unlocked_desk()
    hold_up(desk, (b"lnbc10u1p3qnt7ypp5xyzabc",))
    assert isinstance(desk.screen, Notice)
    read = " ".join(desk.text.split())
    assert "This is a Lightning request." in read
    assert "Nothing was signed." in read
    hold_up(desk, codes(psbts.build(psbts.keyring(), 1)))
    assert isinstance(desk.screen, Confirm)


def test_codes_that_hold_no_transaction_are_refused_and_the_next_payment_is_shown() -> None:
    desk = unlocked_desk()
    hold_up(desk, codes(b"psbt\xff and then nothing of the kind" * 20))
    assert "Nothing was signed." in desk.text
    hold_up(desk, codes(psbts.build(psbts.keyring(), 1)))
    assert isinstance(desk.screen, Confirm)


SEEDS = (
    "0000" * 11 + "0003",
    "abandon " * 11 + "about",
    "ABAN " * 11 + "abou\r\n",
    ur.render(Ur("crypto-seed", cbor.encode({1: bytes(16)}))),
    ur.render(Ur("crypto-bip39", cbor.encode({1: [*["abandon"] * 11, "about"], 2: "en"}))),
    bytes(16).decode(),
)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_new_device_loads_a_seed_whose_fingerprint_was_read(seed: str) -> None:
    desk = Desk()
    hold_up(desk, (seed.encode(),))
    assert "Fingerprint 73c5da0a" in desk.text
    desk.press("hold")
    desk.enter_pin()
    desk.enter_pin()
    assert desk.state is State.UNLOCKED
    assert desk.shown[-1].fingerprint == "73c5da0a"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_device_with_a_seed_names_another_and_keeps_nothing_of_it(seed: str) -> None:
    desk = unlocked_desk()
    record = desk.record
    hold_up(desk, (seed.encode(),))
    assert "has a seed already" in " ".join(desk.text.split())
    assert desk.record == record
    [request] = Air(PROFILE).receive(seed.encode())
    assert "abandon" not in repr(request)


def test_a_seed_that_was_declined_is_not_kept() -> None:
    desk = Desk()
    hold_up(desk, (SEEDS[0].encode(),))
    desk.press("stop")
    assert desk.state is State.EMPTY
    assert "Nothing of the code was kept." in " ".join(desk.text.split())


def test_a_stray_code_beside_a_payment_interrupts_nothing() -> None:
    air = Air(PROFILE)
    first, *rest = codes(psbts.build(psbts.keyring(), 3), 100)
    assert not requests(air, (first,))
    air.tick(0.1)
    assert not requests(air, (b"hello",))
    assert len(requests(air, tuple(rest))) == 2


def test_the_same_wrong_code_is_reported_once_while_it_is_in_view() -> None:
    air = Air(PROFILE)
    assert len(requests(air, (b"hello",) * 5)) == 1
    air.tick(AWAY_S + 0.1)
    assert len(requests(air, (b"hello",))) == 1


def test_faults_that_nobody_saw_become_a_notice_and_others_are_left_alone() -> None:
    air = Air(PROFILE)
    busy = air.reply("payment as ur", Fault(FaultCode.LOCKED, "The device is locked."))
    assert isinstance(busy, Notice)
    assert "The device is locked." in busy.sentences
    assert isinstance(air.reply("scan", Fault(FaultCode.BAD_PARAMETERS, "No.")), Notice)
    assert air.reply("payment as ur", Fault(FaultCode.DECLINED, "No.")) == b""


def test_an_answer_has_codes_of_one_size_that_our_panel_shows_whole() -> None:
    screen = Air(PROFILE).reply("payment as ur", Signed(bytes(3000)))
    assert isinstance(screen, Qr)
    assert max(map(len, screen.frames)) <= 535  # what a code of version 12 holds


def test_hanging_up_forgets_half_a_payment() -> None:
    air = Air(PROFILE)
    shown = codes(psbts.build(psbts.keyring(), 3), 100)
    half = len(shown) // 2
    requests(air, shown[: half - 1])
    air.hang_up()
    assert not requests(air, shown[half - 1 : half])


def bbqr_codes(psbt: bytes, encoding: str = "Z", version: int = 6) -> tuple[bytes, ...]:
    texts = bbqr.split(BbqrFile("P", psbt), version, encoding)
    return tuple(text.encode() for text in texts)


@pytest.mark.parametrize("encoding", ["H", "2", "Z"])
@pytest.mark.parametrize("n_inputs", [1, 3])
def test_a_payment_asked_for_by_bbqr_is_answered_by_bbqr(n_inputs: int, encoding: str) -> None:
    desk = unlocked_desk()
    draft = psbts.build(psbts.keyring(), n_inputs)
    hold_up(desk, bbqr_codes(draft, encoding)[::-1])
    assert desk.approve()
    screen = desk.screen
    assert isinstance(screen, Qr), desk.text
    assert max(map(len, screen.frames)) <= bbqr.CAPACITY[12 - 1]
    collector = bbqr.BbqrCollector("P")
    seen = [collector.add(text) for text in screen.frames]
    assert seen[-1] == BbqrFile("P", psbts.sign(draft, psbts.keyring()))


def test_a_payment_in_one_form_is_no_new_request_in_the_other() -> None:
    air = Air(PROFILE)
    draft = psbts.build(psbts.keyring(), 3)
    assert len(requests(air, bbqr_codes(draft))) == 2
    assert not requests(air, codes(draft) + bbqr_codes(draft))


def test_an_answer_that_bbqr_cannot_number_is_shown_by_ur() -> None:
    noise = b"".join(sha256(index.to_bytes(4, "big")) for index in range(15_000))
    screen = Air(PROFILE).reply("payment as bbqr", Signed(noise))
    assert isinstance(screen, Qr)
    assert screen.frame.startswith("UR:CRYPTO-PSBT/")


def test_a_file_of_another_kind_and_a_broken_one_are_no_requests() -> None:
    for text in (b"B$2E0100AE", b"B$ZP0100AAAAAAAA"):
        [request] = Air(PROFILE).receive(text)
        assert isinstance(request, Request)
        assert isinstance(request.command, Unusable)


def test_hanging_up_forgets_half_a_bbqr_payment() -> None:
    air = Air(PROFILE)
    shown = bbqr_codes(psbts.build(psbts.keyring(), 3))
    requests(air, shown[:-1])
    air.hang_up()
    assert not requests(air, shown[-1:])


PIECES = (
    st.binary(max_size=60)
    | st.sampled_from(codes(bytes(500), 60))
    | st.sampled_from(bbqr_codes(bytes(500), "2"))
    | st.text().map(str.encode)
)


@given(st.lists(PIECES, max_size=40))
@settings(max_examples=60)
def test_no_codes_break_it(shown: list[bytes]) -> None:
    for item in requests(Air(PROFILE), tuple(shown)):
        assert isinstance(item, Request)
