"""A device that speaks Jade's RPC: CBOR maps over a byte pipe (Blockstream Jade, docs/index.rst).

The device is not trusted: every reply is checked for form here, and what it says is checked by
those who use it.
"""

import asyncio
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_bytes, token_hex
from typing import Any

import cbor2

from host.config import HARDENED, grouped
from host.devices import AccountXpub, DeviceKind
from host.errors import BadInput, DeclinedOnDevice, DeviceError, LinkLost
from host.links import Link
from host.links.serial import SerialLink
from host.links.tcp import TcpLink
from signer.errors import Malformed
from signer.formats import base58
from signer.formats.payload.values import AccountDescription

MAX_REQUEST = 401 * 1024 - 1  # bytes of one message; a device throws away what is longer
MAX_REPLY = 1 << 16  # one message of a device is under 4 kB
MAX_SIGNED = 1 << 20  # a device takes PSBTs of 401 KiB at most
MAX_PIECES = 1024  # of 3008 bytes each, as a rule
# A device knows no signet and no testnet4: their keys and addresses are those of testnet.
_NETWORKS = {
    "mainnet": "mainnet",
    "testnet": "testnet",
    "testnet4": "testnet",
    "signet": "testnet",
    "regtest": "localtest",
}
_VARIANTS = {"pkh": "pkh(k)", "sh-wpkh": "sh(wpkh(k))", "wpkh": "wpkh(k)", "tr": "tr(k)"}
_QUICK_S = 10  # for what needs no person

USER_CANCELLED, HW_LOCKED, NETWORK_MISMATCH = -32000, -32002, -32003
_SAID_NO = {
    "auth_user": "You did not unlock the device. Nothing was paid.",
    "sign_psbt": "You said no on the device. Nothing was paid.",
    "register_descriptor": "You said no on the device. It does not know the wallet.",
    "sign_message": "You said no on the device. Nothing was signed.",
}
_SAID_NO_ELSE = "You said no on the device."
_SENTENCES = {
    HW_LOCKED: "The device is locked. Nothing was paid. Unlock it and try again.",
    NETWORK_MISMATCH: "The device is set to another network. Nothing was paid."
    " Choose the same network on both.",
}


@dataclass(frozen=True, slots=True)
class DeviceVersion:
    """What the device says of itself. `state` is UNINIT, UNSAVED, LOCKED, READY or TEMP."""

    version: str
    state: str
    networks: str
    board: str


class JadeSigner:
    """One device at one link; one question at a time. Implements host.devices.Device.

    After LinkLost, or after a question was cancelled, only `close` is left to call: what the
    device still answers would be taken for the answer to something else.
    """

    name = "Jade"
    interactive = True

    def __init__(self, link: Link, new_id: Callable[[], str] = lambda: token_hex(6)) -> None:
        self._link = link
        self._new_id = new_id
        self._turn = asyncio.Lock()
        self._buffer = b""
        self._open = True

    async def version(self) -> DeviceVersion:
        """Answered at once, also while the device asks its person something."""
        version = _map(await self._ask("get_version_info", {"nonblocking": True}, _QUICK_S))
        keys = ("JADE_VERSION", "JADE_STATE", "JADE_NETWORKS", "BOARD_TYPE")
        return DeviceVersion(*(_text(version.get(key, "")) for key in keys))

    async def add_entropy(self, entropy: bytes) -> None:
        """Give the device randomness to mix into its own."""
        await self._ask("add_entropy", {"entropy": entropy}, _QUICK_S)

    async def unlock(self, network: str) -> None:
        """Wait until the person has unlocked, or set up, the device. May take minutes.

        Raises DeviceError when it stays locked, or is unlocked by somebody else's server.
        """
        await self.add_entropy(token_bytes(32))
        match await self._ask("auth_user", {"network": _NETWORKS[network]}):
            case True:
                return
            case {"http_request": _}:
                raise DeviceError(
                    "This device asks a PIN server on the internet, and Quietkey does not call one."
                    " Unlock it with its own app first and try again."
                )
            case _:
                raise DeviceError("The device stayed locked. Nothing was lost. Try again.")

    async def xpub(self, network: str, path: tuple[int, ...]) -> str:
        """The extended public key at `path` (BIP32 text)."""
        params = {"network": _NETWORKS[network], "path": list(path)}
        return _text(await self._ask("get_xpub", params, _QUICK_S))

    async def account_key(self, network: str, path: tuple[int, ...]) -> AccountXpub:
        """The key at `path`, and the master fingerprint: what a first child calls its parent.

        Raises DeviceError when the device gives no proper key.
        """
        child = await self.xpub(network, (HARDENED,))
        try:
            fingerprint = base58.decode_check(child)[5:9].hex()  # BIP32, Serialization format
        except Malformed as error:
            raise DeviceError(f"The device gave no proper key: {error} Try again.") from error
        return AccountXpub(fingerprint, await self.xpub(network, path))

    async def show_address(self, network: str, path: tuple[int, ...], script: str) -> str:
        """What the device derived at `path` and its person agreed to."""
        params = {"network": _NETWORKS[network], "path": list(path), "variant": _VARIANTS[script]}
        return _text(await self._ask("get_receive_address", params))

    async def register(self, network: str, name: str, account: AccountDescription) -> None:
        """Have the device read the whole account, by its person's yes. Raises DeviceError."""
        keys = {f"@{number}": key for number, key in enumerate(account.keys)}
        params = {
            "network": _NETWORKS[network],
            "descriptor_name": name,
            "descriptor": account.template,
            "datavalues": keys,
        }
        if await self._ask("register_descriptor", params) is not True:
            raise DeviceError("The device did not keep the wallet. Nothing was lost. Try again.")

    async def show_account_address(self, network: str, name: str, index: int) -> str:
        """A receive address of a registered account, as the device derived it."""
        params = {
            "network": _NETWORKS[network],
            "descriptor_name": name,
            "branch": 0,
            "pointer": index,
        }
        return _text(await self._ask("get_receive_address", params))

    async def sign_message(self, path: tuple[int, ...], text: str) -> str:
        """By the key at `path`, in base64; its header is that of P2PKH for all addresses."""
        return _text(await self._ask("sign_message", {"path": list(path), "message": text}))

    async def sign(self, network: str, psbt: bytes) -> bytes:
        """The signed PSBT, put together from the pieces in which it comes.

        Raises DeclinedOnDevice, DeviceError and LinkLost, also for an answer without end.
        """
        async with self._turn:
            first_id = self._new_id()
            params = {"network": _NETWORKS[network], "psbt": psbt}
            piece = await self._exchange(first_id, "sign_psbt", params)
            signed, last = _piece(piece, 1, None)
            for number in range(2, last + 1):
                request = {
                    "origid": first_id,
                    "orig": "sign_psbt",
                    "seqnum": number,
                    "seqlen": last,
                }
                piece = await self._exchange(self._new_id(), "get_extended_data", request, _QUICK_S)
                signed += _piece(piece, number, last)[0]
                if len(signed) > MAX_SIGNED:
                    raise self._lost("The device answers without end.")
        return signed

    async def close(self) -> None:
        self._open = False
        await self._link.close()

    async def _ask(
        self, method: str, params: Mapping[str, object] | None, timeout_s: float | None = None
    ) -> object:
        async with self._turn:
            reply = await self._exchange(self._new_id(), method, params, timeout_s)
        return reply["result"]

    async def _exchange(
        self,
        ticket: str,
        method: str,
        params: Mapping[str, object] | None,
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        """One question and its reply. Without `timeout_s` a person may take their time."""
        if not self._open:
            raise LinkLost("The connection to the device was closed. Connect again.")
        message = _question(ticket, method, params)
        self._open = False  # and open again only when question and answer have met
        try:
            async with asyncio.timeout(timeout_s):
                await self._link.send(message)
                reply = await self._reply(ticket)
        except TimeoutError as error:
            raise LinkLost(
                "The device does not answer. Nothing was paid. Connect again."
            ) from error
        self._open = True
        if "error" in reply:
            raise _device_error(reply["error"], method)
        return reply

    async def _reply(self, ticket: str) -> dict[str, Any]:
        while (message := self._take_message()) is None:
            if len(self._buffer) > MAX_REPLY:
                raise self._lost("The device answers without end.")
            self._buffer += await self._link.receive()
        if message.get("id") != ticket:
            raise self._lost("The device answered another question than the one asked.")
        if ("result" in message) == ("error" in message) or self._buffer:
            raise self._lost("The device's answer makes no sense.")
        return message

    def _take_message(self) -> dict[str, Any] | None:
        """The next whole message, or None while it is still on its way."""
        stream = io.BytesIO(self._buffer)
        try:
            message = cbor2.load(stream)
        except cbor2.CBORDecodeEOF:
            return None
        except (cbor2.CBORDecodeError, RecursionError) as error:
            raise self._lost("The device's answer makes no sense.") from error
        if not isinstance(message, dict):
            raise self._lost("The device's answer makes no sense.")
        self._buffer = self._buffer[stream.tell() :]
        return message

    def _lost(self, what: str) -> LinkLost:
        self._open = False
        return LinkLost(f"{what} Nothing was paid. Connect again.")


def _device_error(error: object, method: str) -> DeviceError:
    """A number we know becomes our own sentence; other text is quoted, and kept short."""
    if not isinstance(error, dict):
        return DeviceError("The device refused and did not say why. Nothing was paid.")
    code, message = error.get("code"), str(error.get("message", ""))
    if code == USER_CANCELLED:
        return DeclinedOnDevice(_SAID_NO.get(method, _SAID_NO_ELSE))
    if isinstance(code, int) and code in _SENTENCES:
        return DeviceError(_SENTENCES[code])
    # What the device says goes to a terminal: nothing in it may move the cursor.
    quoted = "".join(letter for letter in message if letter.isascii() and letter.isprintable())[
        :200
    ]
    return DeviceError(f"The device refused: {quoted.rstrip('.')}. Nothing was paid.")


def _question(ticket: str, method: str, params: Mapping[str, object] | None) -> bytes:
    """One message of the wire. Raises DeviceError for one that no device would take."""
    question = {"id": ticket, "method": method, "params": params}
    if params is None:
        del question["params"]
    message = cbor2.dumps(question)
    if len(message) > MAX_REQUEST:
        raise DeviceError(
            f"This payment is too large for the cable: it has {grouped(len(message))} bytes, and"
            f" the device takes {grouped(MAX_REQUEST)} at most. Nothing was sent to it, and nothing"
            " was paid. Pay less at a time, so that fewer coins are spent, or give the payment to"
            " the device as QR codes or as a file."
        )
    return message


def _piece(reply: dict[str, Any], number: int, last: int | None) -> tuple[bytes, int]:
    """The bytes of piece `number` and how many there are; every piece must tell the same count."""
    data, seqnum, seqlen = reply["result"], reply.get("seqnum", 1), reply.get("seqlen", 1)
    fits = seqnum == number and isinstance(seqlen, int) and seqlen == (last or seqlen)
    if not fits or seqlen > MAX_PIECES or not isinstance(data, bytes):
        raise DeviceError("The device sent the signed payment in the wrong order. Try again.")
    return data, seqlen


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise DeviceError("The device answered with something else than text. Try again.")
    return value


def _map(value: object) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise DeviceError("The device answered with something else than a table. Try again.")
    return value


async def over_serial(path: str) -> JadeSigner:
    """At a serial port. Raises LinkLost."""
    return JadeSigner(await SerialLink.open(path))


async def over_tcp(address: str) -> JadeSigner:
    """At HOST:PORT, HOST being this machine when it is left out. Raises BadInput, LinkLost."""
    host, _, port = address.rpartition(":")
    return JadeSigner(await TcpLink.open(host.strip("[]") or "127.0.0.1", _port(port)))


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 1 << 16:
        return int(text)
    raise BadInput(f"{text!r} is no port, as in tcp:127.0.0.1:30121: a number from 1 to 65535.")


DEVICE = DeviceKind("Jade", {"tcp": over_tcp, "serial": over_serial})
