"""A device at a serial port or a pseudo-terminal, by pyserial.

pyserial blocks, and on Windows a port cannot be watched by the loop: a thread reads.
"""

import asyncio
import threading

import serial

from host.errors import LinkLost

BAUD = 115_200  # what Jade's boards speak; a pseudo-terminal does not care
_LOOK_S = (
    0.5  # how long one read waits: the time an unanswered close may take where none can cancel
)
_PULLED = "The cable was pulled. Nothing was paid. Plug it in and try again."


class SerialLink:
    """One open port. Made by `open`."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self._closing = False
        self._reader = threading.Thread(target=self._read, name="serial reader", daemon=True)
        self._reader.start()

    @classmethod
    async def open(cls, path: str) -> "SerialLink":
        """Raises LinkLost when there is no such port, or another program has it."""
        try:
            port = await asyncio.to_thread(_open, path)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise LinkLost(
                f"The port {path} cannot be opened. Plug the device in, close other programs"
                " that use it, and try again."
            ) from error
        return cls(port)

    async def send(self, data: bytes) -> None:
        """Raises LinkLost."""
        try:
            await asyncio.to_thread(self._port.write, data)
        except (OSError, TypeError) as error:  # pyserial trips over a port closed while it writes
            raise LinkLost(_PULLED) from error

    async def receive(self) -> bytes:
        """What arrived. Raises LinkLost, now and whenever somebody asks again."""
        data = await self._arrived.get()
        if not data:
            self._arrived.put_nowait(b"")  # whoever asks again hears the same
            raise LinkLost(_PULLED)
        return data

    async def close(self) -> None:
        self._closing = True
        if hasattr(self._port, "cancel_read"):
            self._port.cancel_read()
        await asyncio.to_thread(self._reader.join)
        await asyncio.to_thread(self._port.close)

    def _read(self) -> None:
        """In the thread: hand over what arrives; an empty piece means that nothing more will."""
        data = b""
        while not self._closing:
            try:
                data = self._port.read(max(1, self._port.in_waiting))
            except (OSError, TypeError):
                break
            if data:
                self._hand_over(data)
        self._hand_over(b"")

    def _hand_over(self, data: bytes) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, data)
        except RuntimeError:
            return  # the loop is gone, and with it everybody who could want this


def _open(path: str) -> serial.Serial:
    # Exclusive: a second program on the same port would read our answers.
    port = serial.Serial(path, BAUD, timeout=_LOOK_S, write_timeout=30, exclusive=True)
    port.reset_input_buffer()  # an answer to somebody who is gone is not for us
    return port
