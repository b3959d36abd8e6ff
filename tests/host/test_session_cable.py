"""The cable: what is asked over it is answered whole, or broken off and asked afresh."""

import asyncio

import pytest

from host.devices import AccountXpub
from host.errors import DeviceError, LinkLost
from host.session.cable import Cable

NETWORK = "regtest"


class Signer:
    """A device that answers when it is let, and may be gone."""

    name, interactive = "a signer of the tests", True

    def __init__(self) -> None:
        self.closed = 0
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def unlock(self, network: str) -> None:
        assert network == NETWORK

    async def account_key(self, network: str, path: tuple[int, ...]) -> AccountXpub:
        raise DeviceError(f"The device has no key at {path} on {network}.")

    async def show_address(self, network: str, path: tuple[int, ...], script: str) -> str:
        raise NotImplementedError

    async def sign(self, _network: str, psbt: bytes) -> bytes:
        return psbt + await self.answer

    async def close(self) -> None:
        self.closed += 1
        if not self.answer.done():
            self.answer.set_exception(LinkLost("The cable was pulled. Nothing was paid."))


class Desk:
    """Every signer that was ever plugged in here."""

    def __init__(self) -> None:
        self.signers: list[Signer] = []
        self.empty = False
        self.cable = Cable(self.connect)

    async def connect(self) -> Signer:
        if self.empty:
            raise LinkLost("No device answers.")
        self.signers.append(Signer())
        return self.signers[-1]


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def asks(cable: Cable) -> "asyncio.Task[bytes]":
    """Somebody who waits for a signature; the question is on its way when this returns."""
    asking = asyncio.ensure_future(cable.ask(lambda device: device.sign(NETWORK, b"psbt")))
    await asyncio.sleep(0)
    return asking


async def test_plugging_in_twice_connects_once(desk: Desk) -> None:
    assert not desk.cable.plugged
    device = await desk.cable.plug()
    assert await desk.cable.plug() is device
    assert len(desk.signers) == 1
    assert desk.cable.plugged


async def test_an_answer_comes_back_and_the_cable_stays_in(desk: Desk) -> None:
    await desk.cable.plug()
    asking = await asks(desk.cable)
    desk.signers[0].answer.set_result(b" signed")
    assert await asking == b"psbt signed"
    assert desk.cable.device is desk.signers[0]


async def test_without_a_cable_nobody_is_asked(desk: Desk) -> None:
    with pytest.raises(LinkLost, match="Press u to plug it in"):
        await desk.cable.ask(lambda device: device.unlock(NETWORK))
    assert desk.signers == []


async def test_a_refusal_leaves_the_cable_as_it_is(desk: Desk) -> None:
    await desk.cable.plug()
    with pytest.raises(DeviceError):
        await desk.cable.ask(lambda device: device.account_key(NETWORK, (1,)))
    assert desk.cable.device is desk.signers[0]
    assert desk.signers[0].closed == 0


async def test_pulling_the_cable_ends_whoever_waits(desk: Desk) -> None:
    await desk.cable.plug()
    asking = await asks(desk.cable)
    await desk.cable.unplug()
    with pytest.raises(LinkLost, match="The cable was pulled"):
        await asking
    assert not desk.cable.plugged, "who pulled it wants it to stay out"


async def test_after_a_lost_link_the_next_question_meets_a_fresh_device(desk: Desk) -> None:
    await desk.cable.plug()
    asking = await asks(desk.cable)
    desk.signers[0].answer.set_exception(LinkLost("The device does not answer."))
    with pytest.raises(LinkLost, match="does not answer"):
        await asking
    assert desk.signers[0].closed == 1
    again = await asks(desk.cable)
    desk.signers[1].answer.set_result(b" again")
    assert await again == b"psbt again"


async def test_a_question_broken_off_leaves_no_late_answer_for_the_next(desk: Desk) -> None:
    await desk.cable.plug()
    asking = await asks(desk.cable)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert desk.signers[0].closed == 1
    assert desk.cable.device is desk.signers[1]


async def test_a_device_that_is_gone_leaves_the_cable_out_and_the_first_reason(desk: Desk) -> None:
    await desk.cable.plug()
    asking = await asks(desk.cable)
    desk.empty = True
    desk.signers[0].answer.set_exception(LinkLost("The device died in mid-question."))
    with pytest.raises(LinkLost, match="in mid-question"):
        await asking
    assert not desk.cable.plugged
    with pytest.raises(LinkLost, match="No device answers"):
        await desk.cable.plug()
    desk.empty = False
    await desk.cable.plug()
    assert desk.cable.plugged


async def test_unplugging_nothing_is_harmless(desk: Desk) -> None:
    await desk.cable.unplug()
    assert not desk.cable.plugged
