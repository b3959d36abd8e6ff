"""A payment across the air gap: real codes, drawn to pixels, spoilt by a camera, and read back."""

import asyncio

import pytest
from PIL import Image

from firmware_emu.events import BytesIn, Port
from firmware_emu.paint.paint import paint
from firmware_emu.scanner import reader
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.qr import Qr
from host import optics
from host.app.connect import connect
from host.devices import AccountXpub
from host.devices.air import LOOK_S, AirGapSigner
from host.errors import BadInput, DeviceError, LinkLost
from host.values import Frame
from signer.chains.bitcoin import CHAIN
from signer.formats import account
from signer.formats.account import HARDENED, Account
from signer.formats.payload.values import Form
from signer.formats.qr import parts, ur
from signer.formats.qr.forms import message_of
from signer.formats.qr.peers import NAMES, peer
from signer.formats.qr.series import cut
from signer.formats.qr.shower import JITTER
from signer.formats.qr.ur import Ur
from tests import psbts
from tests.desk import Desk, unlocked_desk
from tests.lens import Lens

DEVICE_CAMERA = Port("air", "camera")
DARK = Frame(64, 64, bytes(64 * 64))
PURPOSES = {"wpkh": 84 + HARDENED, "tr": 86 + HARDENED}
TPUB = (  # BIP84's first test account of the words "abandon ... about"
    "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQo"
    "QgewGiYZqrA9DsP4zbQ1M"
)
PATH = (84 + HARDENED, 1 + HARDENED, HARDENED)


class Gap:
    """A host and a device that see each other's screens through two lenses.

    `look_away` says for how many of our codes the device's camera is not yet there.
    """

    def __init__(
        self, desk: Desk, to_device: Lens, to_host: Lens, late: int = 0, stray: str = ""
    ) -> None:
        self.desk = desk
        self.to_device = to_device
        self.to_host = to_host
        self.late = late
        self.stray = stray
        self.read: list[str] = []
        self.air = AirGapSigner(self.show, self.look, self.pause)

    async def show(self, frame: Frame) -> None:
        seen = self.to_device.see(frame)
        if seen is None or self.to_device.shown <= self.late:
            return
        picture = Image.frombytes("L", (seen.width, seen.height), bytes(seen.pixels))
        for code in reader.look(picture):
            self.desk.happen(BytesIn(DEVICE_CAMERA, code))
        if self.stray:
            self.desk.happen(BytesIn(DEVICE_CAMERA, self.stray.encode()))
        if isinstance(self.desk.screen, Confirm):
            self.read += self.desk.approve()

    async def look(self) -> Frame:
        self.desk.tick(0.2)
        await asyncio.sleep(0)
        if not isinstance(self.desk.screen, Qr):
            return DARK
        panel = paint(self.desk.screen)
        seen = self.to_host.see(Frame(panel.width, panel.height, panel.pixels()), enlarge=3)
        return seen or DARK

    async def pause(self, _seconds: float) -> None:
        await asyncio.sleep(0)


async def signed(gap: Gap, draft: bytes) -> bytes:
    return await asyncio.wait_for(gap.air.sign("regtest", draft), 60)


@pytest.mark.parametrize("n_inputs", [1, 2, 12])
@pytest.mark.parametrize("script", ["wpkh", "tr"])
async def test_a_payment_crosses_a_clear_gap(n_inputs: int, script: str) -> None:
    draft = psbts.build(psbts.keyring(), n_inputs, script)
    gap = Gap(unlocked_desk(), Lens.clear(), Lens.clear())
    assert await signed(gap, draft) == psbts.sign(draft, psbts.keyring())
    assert gap.read


@pytest.mark.parametrize("seed", range(3))
async def test_a_payment_crosses_a_gap_that_loses_a_third_and_blurs_the_rest(seed: int) -> None:
    draft = psbts.build(psbts.keyring(), 8)
    gap = Gap(unlocked_desk(), Lens(seed, drop=0.3), Lens(seed + 100, drop=0.3))
    assert await signed(gap, draft) == psbts.sign(draft, psbts.keyring())
    assert gap.to_device.caught < gap.to_device.shown


async def test_a_device_whose_camera_comes_late_is_served() -> None:
    draft = psbts.build(psbts.keyring(), 8)
    gap = Gap(unlocked_desk(), Lens(1, drop=0.3), Lens.clear(), late=7)
    assert await signed(gap, draft) == psbts.sign(draft, psbts.keyring())


async def test_stray_codes_in_view_of_the_device_stop_nothing() -> None:
    other = parts.split(ur.from_psbt(psbts.build(psbts.keyring(), 5)), 60)
    draft = psbts.build(psbts.keyring(), 8)
    gap = Gap(unlocked_desk(), Lens(2, drop=0.3), Lens.clear(), stray=other[3])
    assert await signed(gap, draft) == psbts.sign(draft, psbts.keyring())


async def test_what_the_device_shows_of_an_earlier_payment_is_passed_over() -> None:
    desk = unlocked_desk()
    first, second = (psbts.build(psbts.keyring(), n) for n in (3, 4))
    await signed(Gap(desk, Lens.clear(), Lens.clear()), first)
    assert isinstance(desk.screen, Qr)
    gap = Gap(desk, Lens.clear(), Lens.clear(), late=20)
    assert await signed(gap, second) == psbts.sign(second, psbts.keyring())
    assert gap.to_host.shown >= 10


async def test_our_own_screen_in_a_mirror_is_no_answer() -> None:
    mirror: list[Frame] = [DARK]
    seen = 0

    async def show(frame: Frame) -> None:
        mirror[0] = frame

    async def look() -> Frame:
        nonlocal seen
        seen += 1
        if seen > 100:
            raise LinkLost("The camera was closed.")
        return mirror[0]

    async def pause(seconds: float) -> None:
        await asyncio.sleep(seconds / 50)  # without a rest, drawing would starve the reading

    with pytest.raises(LinkLost):
        await AirGapSigner(show, look, pause).sign("regtest", psbts.build(psbts.keyring(), 1))


async def test_a_screen_that_fails_ends_the_wait_with_its_own_words() -> None:
    async def show(_frame: Frame) -> None:
        raise LinkLost("The screen went dark.")

    async def look() -> Frame:
        await asyncio.Event().wait()
        return DARK

    with pytest.raises(LinkLost, match="went dark"):
        await AirGapSigner(show, look).sign("regtest", psbts.build(psbts.keyring(), 1))


async def test_cancelling_leaves_nothing_running() -> None:
    gap = Gap(Desk(), Lens.clear(), Lens.clear())
    waiting = asyncio.create_task(gap.air.sign("regtest", psbts.build(psbts.keyring(), 1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}


def looking_at(*texts: str) -> AirGapSigner:
    """A host whose camera sees these codes in turn, then is closed."""
    shown = [optics.draw(text) for text in texts]

    async def look() -> Frame:
        if not shown:
            raise LinkLost("The camera was closed.")
        return shown.pop(0)

    async def show(_frame: Frame) -> None: ...

    return AirGapSigner(show, look)


def shown_by_device(psbt: bytes, form: Form) -> list[str]:
    series = cut(message_of(psbt, form, 12), 12)
    return list(map(series.text, range(series.count)))


@pytest.mark.parametrize("form", [Form.UR, Form.BBQR, Form.NUMBERED, Form.UR1, Form.BASE43])
async def test_an_answer_is_taken_in_whatever_form_the_device_writes(form: Form) -> None:
    draft = psbts.build(psbts.keyring(), 1)
    signed_psbt = psbts.sign(draft, psbts.keyring())
    device = looking_at("hello", *shown_by_device(draft, form), *shown_by_device(signed_psbt, form))
    assert await asyncio.wait_for(device.sign("regtest", draft), 20) == signed_psbt


@pytest.mark.parametrize("name", NAMES)
async def test_a_request_is_shown_in_the_form_size_and_speed_of_the_device(name: str) -> None:
    device = peer(name)
    codes: list[bytes] = []
    pauses: list[float] = []

    async def show(frame: Frame) -> None:
        assert optics.QUIET_ZONE * 8 + 4 * (17 + 4 * device.version) >= frame.width
        codes.extend(optics.read(frame))
        if len(codes) > 4:
            raise LinkLost("enough")

    async def look() -> Frame:
        await asyncio.Event().wait()
        return DARK

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    air = AirGapSigner(show, look, pause, device)
    with pytest.raises(LinkLost, match="enough"):
        await air.sign("regtest", psbts.build(psbts.keyring(), 20))
    starts = {"coldcard": b"B$ZP", "specter": b"p1of"}
    assert codes[0].startswith(starts.get(name, b"UR:CRYPTO-PSBT/"))
    shows = [seconds for seconds in pauses if seconds != LOOK_S]
    assert shows == pytest.approx([device.period_s] * len(shows), rel=JITTER + 0.01)


async def test_a_program_that_is_not_known_is_answered_with_the_list() -> None:
    with pytest.raises(BadInput, match=r"'nobody' .* qr\+ write one of .*sparrow.* coldcard"):
        await connect("qr+nobody:/dev/video0")


def export() -> Ur:
    """What the device of the tests shows for pairing."""
    keys = psbts.keyring()
    paths = {script: (purpose, *PATH[1:]) for script, purpose in PURPOSES.items()}
    found = (
        account.key(script, path, CHAIN.xpub(keys, path, "regtest"))
        for script, path in paths.items()
    )
    return account.render(Account(keys.fingerprint, tuple(found)))


async def test_pairing_reads_the_key_of_the_account_from_the_device_s_panel() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Show account")
    gap = Gap(desk, Lens.clear(), Lens(5, drop=0.3))
    assert await gap.air.account_key("regtest", PATH) == AccountXpub("73c5da0a", TPUB)
    paired = await gap.air.account()
    assert paired.fingerprint.hex() == "73c5da0a"
    assert [key.script for key in paired.keys] == ["wpkh", "tr"]


async def test_pairing_passes_over_codes_of_other_things() -> None:
    texts = parts.split(export(), 100)
    assert (await looking_at("hello", *texts).account_key("regtest", PATH)).xpub == TPUB


@pytest.mark.parametrize(
    ("network", "path"), [("mainnet", PATH), ("regtest", (49 + HARDENED, *PATH[1:]))]
)
async def test_keys_of_another_network_or_path_are_refused(
    network: str, path: tuple[int, ...]
) -> None:
    air = looking_at(*parts.split(export(), 500))
    with pytest.raises(DeviceError, match="another account or network"):
        await air.account_key(network, path)


async def test_a_broken_export_is_a_sentence() -> None:
    with pytest.raises(DeviceError, match="no usable keys"):
        await looking_at(ur.render(Ur("crypto-account", b"\xa0"))).account()


async def test_an_address_cannot_be_asked_for_and_the_way_out_is_named() -> None:
    with pytest.raises(DeviceError, match="the device says whether it is yours"):
        await looking_at().show_address("regtest", PATH, "wpkh")


async def test_unlocking_asks_nothing_and_closing_closes_nothing() -> None:
    air = looking_at()
    await air.unlock("regtest")
    await air.close()
