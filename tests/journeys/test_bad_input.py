"""Bad input on the wire of a real device: a typed error within a second, and it goes on working."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import cbor2
import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.devices.jade import JadeSigner
from host.errors import DeviceError
from host.links.tcp import TcpLink
from tests import kernel, psbts

WITHIN_S = 1.0
NETWORK = "regtest"
GOOD = psbts.build(psbts.keyring(), 2)
OVERSIZED = 402 * 1024  # Jade's input buffer holds 401 KiB

BAD_PSBTS = {
    "empty": (b"", NETWORK),
    "garbage": (bytes(range(256)) * 8, NETWORK),
    "magic only": (GOOD[:5], NETWORK),
    "truncated": (GOOD[: len(GOOD) // 2], NETWORK),
    "a byte short": (GOOD[:-1], NETWORK),
    "a byte too many": (GOOD + b"\0", NETWORK),
    "another network": (GOOD, "mainnet"),
    "huge count": (b"psbt\xff\x01\x00\xfe\xff\xff\xff\xff", NETWORK),
}
# What follows the bytes that were no message: the device counts and names them (Jade's wire.c).
BAD_MESSAGES = {
    "a map without a method": cbor2.dumps({"id": "1"}),
    "a method that is a number": cbor2.dumps({"id": "1", "method": 7}),
    "an unknown method": cbor2.dumps({"id": "1", "method": "nonsense"}),
    "no parameters": cbor2.dumps({"id": "1", "method": "sign_psbt"}),
    "parameters of the wrong kind": cbor2.dumps({"id": "1", "method": "get_xpub", "params": 3}),
    "an account that is none": cbor2.dumps(
        {
            "id": "1",
            "method": "register_descriptor",
            "params": {
                "network": "localtest",
                "descriptor_name": "deep",
                "descriptor": "wsh(" * 100 + ")" * 100,
                "datavalues": {"@0": "tpub"},
            },
        }
    ),
    "a message too long to be read": cbor2.dumps(
        {"id": "1", "method": "sign_message", "params": {"path": [0], "message": "a" * 5_000}}
    ),
    "an unknown network": cbor2.dumps(
        {"id": "1", "method": "get_xpub", "params": {"network": "moon", "path": []}}
    ),
}


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[EmulatorProcess]:
    with EmulatorProcess(tmp_path / "device.flash", sealed_record()) as device:
        device.unlock()
        yield device


async def sign_something_good(device: EmulatorProcess) -> None:
    """The device still reviews and signs, once its last refusal was read."""
    if device.advance(0).kind == "notice":
        device.press("ok")
    jade = JadeSigner(await TcpLink.open(*device.address))
    signing = asyncio.ensure_future(jade.sign(NETWORK, GOOD))
    await asyncio.to_thread(device.approve)
    kernel.check(await signing)
    await jade.close()


async def test_every_bad_psbt_gets_a_sentence_and_a_good_one_is_signed_afterwards(
    device: EmulatorProcess,
) -> None:
    jade = JadeSigner(await TcpLink.open(*device.address))
    for name, (psbt, network) in BAD_PSBTS.items():
        asked_at = time.perf_counter()
        with pytest.raises(DeviceError) as refused:
            await jade.sign(network, psbt)
        assert time.perf_counter() - asked_at < WITHIN_S, name
        assert str(refused.value).rstrip().endswith("."), name
    await jade.close()
    await sign_something_good(device)


async def test_every_bad_message_gets_a_code_and_the_link_goes_on(device: EmulatorProcess) -> None:
    link = await TcpLink.open(*device.address)
    for name, message in BAD_MESSAGES.items():
        await link.send(message)
        reply = cbor2.loads(await asyncio.wait_for(link.receive(), WITHIN_S))
        assert reply["error"]["code"] < -30000, name
        assert reply["error"]["message"], name
    await link.close()
    await sign_something_good(device)


async def test_an_oversized_message_is_thrown_away_and_counted(device: EmulatorProcess) -> None:
    link = await TcpLink.open(*device.address)
    params = {"network": "localtest", "psbt": bytes(OVERSIZED)}
    await link.send(cbor2.dumps({"id": "1", "method": "sign_psbt", "params": params}))
    reply = cbor2.loads(await asyncio.wait_for(link.receive(), WITHIN_S))
    assert reply["error"]["code"] == -32600
    assert int(reply["error"]["data"]) > 0
    await link.close()
    await sign_something_good(device)
