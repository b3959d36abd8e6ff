"""The composition root: flags in, one device with its flash, links and faces out."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol

from firmware_emu import faces, personalities, private_memory, seal
from firmware_emu.core.device import Device
from firmware_emu.faces import FaceError, remote
from firmware_emu.links import LinkError, camera, camera_choice, pty, scanned, tcp, typed
from firmware_emu.links.clock import Clock, MovableTime
from firmware_emu.personalities import PersonalityFactory
from firmware_emu.personalities.air import Air
from firmware_emu.seal import Seal, SealError
from firmware_emu.shell import Callback, Shell
from firmware_emu.storage.flash import FlashError, FlashFile, NoFlash
from firmware_emu.storage.vault import Cost
from signer import chains
from signer.errors import Malformed
from signer.formats.qr.peers import NAMES, USUAL, Peer, peer
from signer.keys.curve import erase

# What asyncio says; it takes connections again a second later (threat T97).
_OUT_OF_DESCRIPTORS = "socket.accept() out of system resource"
USUAL_PORT = 30121  # where wallets look for an emulated Jade
_LONGEST_END_S = 10  # from a signal to the end, then the system ends the process
_NOT_SEALED = "Not sealed (--no-seal)."

_CAMERA_HELP = (
    "look for QR codes in a picture, a FOLDER, /dev/videoN, screen, clipboard, - (text);"
    " without a value: a list of cameras, and what they see"
)
_STATELESS_HELP = "keep nothing: seeds are in memory alone, without a PIN, until it is left alone"
_PEER_HELP = f"who reads this device's QR codes: {', '.join(NAMES)}"

_HELP = """\
Without flags: a front panel in this terminal, TCP on 127.0.0.1:30121 (another port if that is
taken) and, where the system has them, a serial port. What you ask for by name you get instead.

  python -m firmware_emu                              the device in this terminal
  python -m firmware_emu --air                        the same without a port: it signs by QR
  python -m firmware_emu --tcp 0 --control 0 --face none --announce
                                                      the same for a program, on free ports
"""


class Open(Protocol):
    """A link or a face that can be reached at an address."""

    address: str

    def close(self) -> None: ...


@dataclass(slots=True)
class PluggedParts:
    """What is plugged in, by name; `token` opens the control socket; `seal` is None if off."""

    parts: dict[str, Open] = field(default_factory=dict)
    token: str | None = None
    seal: Seal | None = None

    def addresses(self) -> dict[str, str]:
        """Where each of them can be reached."""
        return {name: part.address for name, part in self.parts.items()}

    def labels(self) -> dict[str, str]:
        """What a panel says of them, and of the seal."""
        return self.addresses() | {"seal": self.seal.sentence if self.seal else "off"}

    def announcement(self) -> str:
        """One line of JSON; what is not plugged in is null."""
        names = ("tcp", "pty", "camera", "control")
        addresses = self.addresses()
        ready = {"ready": True, "pid": os.getpid()} | {name: addresses.get(name) for name in names}
        sealed = self.seal.sentence if self.seal else None
        return json.dumps(ready | {"token": self.token, "seal": sealed})


def main(arguments: list[str] | None = None) -> int:
    """Run a device until it is told to stop. The exit status: 0, or 1 with a sentence on stderr."""
    sys.excepthook = _say_where
    private_memory.give_back()
    is_locked = private_memory.keep_private()
    options = _parser().parse_args(arguments)
    try:
        if options.camera == "":
            options.camera = camera_choice.choose()
            if not options.camera:
                return 0
        if options.face != "none" and not is_locked:
            print(private_memory.UNLOCKED, file=sys.stderr)  # noqa: T201 - as below
        asyncio.run(_run(options))
    except (FlashError, LinkError, FaceError, SealError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the sentence for the person who started it
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quietkey device",
        description="An emulated hardware wallet: it keeps a seed and signs what you approve.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--flash", metavar="FILE", type=Path, help=f"its memory (usual: {_usual_flash()})")
    add("--stateless", action="store_true", help=_STATELESS_HELP)
    add("--tcp", metavar="PORT", type=int, help="listen on 127.0.0.1:PORT (0: any free one)")
    add("--air", action="store_true", help="open no port at all: QR codes alone, in and out")
    add("--tcp-host", metavar="HOST", default=tcp.LOOPBACK, help="listen there instead")
    add("--beyond-loopback", action="store_true", help="let --tcp-host be seen by other machines")
    add("--pty", action="store_true", help="be a serial port (not on Windows)")
    add("--camera", metavar="SOURCE", nargs="?", const="", help=_CAMERA_HELP)
    add("--peer", metavar="NAME", type=_peer, default=USUAL, help=_PEER_HELP)
    add("--control", metavar="PORT", type=int, help="let a program see the screen and press keys")
    add(
        "--face", metavar="NAME", default="terminal", help="the front panel: terminal, text or none"
    )
    add(
        "--text",
        action="store_const",
        const="text",
        dest="face",
        help="as --face text: plain lines",
    )
    add("--announce", action="store_true", help="print where everything is, as a line of JSON")
    add("--network", metavar="NAME", type=_network, help=_network_help())
    add("--no-seal", action="store_true", help="do not seal the process: for a debugger")
    add("--exit-with-stdin", action="store_true", help="stop when standard input closes")
    add("--pin-memory-mib", metavar="N", type=_cost, default=Cost(), help="memory of one PIN try")
    return parser


def _cost(text: str) -> Cost:
    """What argparse calls: its errors, a ValueError or this one, become its own sentence."""
    try:
        return Cost(memory_kib=int(text) * 1024)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _peer(text: str) -> Peer:
    """As `_cost`, for a program whose codes are known."""
    try:
        return peer(text)
    except LookupError as error:
        raise argparse.ArgumentTypeError(error.args[0]) from error


def _personality(peer: Peer, name: str) -> PersonalityFactory:
    return partial(Air, peer=peer) if name == "air" else personalities.load(name)


def _network(text: str) -> str:
    """As `_cost`, for a network that some chain has."""
    if text not in _networks():
        raise argparse.ArgumentTypeError(f"the networks are {', '.join(_networks())}")
    return text


def _networks() -> tuple[str, ...]:
    words = (word for chain in chains.names() for word in chains.load(chain).networks)
    return tuple(dict.fromkeys(words))


def _network_help() -> str:
    return f"be for this network from now on: {', '.join(_networks())}"


def _usual_flash() -> Path:
    roaming = os.environ.get("APPDATA") if sys.platform == "win32" else None
    folder = Path(roaming) / "quietkey" if roaming else Path.home() / ".quietkey"
    return folder / "device.flash"


def _flash_path(options: argparse.Namespace) -> Path | None:
    """Where the device keeps what it keeps; None for one that keeps nothing."""
    return None if options.stateless else options.flash or _usual_flash()


async def _run(options: argparse.Namespace) -> None:
    if options.face != "none" and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise FaceError("The front panel needs a terminal. Use --face none where there is none.")
    # Loaded only where one is asked for: a device without a panel needs no toolkit to start.
    make_panel = None if options.face == "none" else faces.load(options.face)
    over = _Over()
    with ExitStack() as stack:
        path = _flash_path(options)
        flash: FlashFile | NoFlash = FlashFile(path) if path else NoFlash()
        stack.enter_context(flash)
        record = flash.load()
        if flash.remark:
            print(flash.remark, file=sys.stderr)  # noqa: T201 - as in main
        fresh = secrets.token_bytes(64)
        device = _device(options, record, fresh)
        erase(fresh)  # the device has stirred it into its own
        time = MovableTime()
        breathe = _breathe if make_panel else _later
        shell = Shell(device, flash, breathe=breathe, now=time.now, later=_later)
        shell.start()
        board = await _board(options, shell, time)
        for part in board.parts.values():
            stack.callback(part.close)
        stack.callback(Clock(shell, secrets.token_bytes).close)
        # Nobody may be left waiting: a client whose connection ends without an answer spins.
        stack.callback(shell.pull_all)
        await _seal(options, board)
        # A thread that is there before the seal would stay outside of it.
        if options.exit_with_stdin:
            _watch_stdin(over.soon)
        if options.announce:
            print(board.announcement(), flush=True)  # noqa: T201 - stdout is for this line
        await _stay(make_panel(shell, board.labels()) if make_panel else None, over)


def _device(options: argparse.Namespace, record: bytes | None, fresh: bytes) -> Device:
    return Device(
        record,
        fresh,
        None if options.stateless else options.pin_memory_mib,
        partial(_personality, options.peer),
        network=options.network or "",
        notes=(_NOT_SEALED,) if options.no_seal else (),
    )


async def _seal(options: argparse.Namespace, board: PluggedParts) -> None:
    """Seal the process, and say on stderr what is not sealed (threat T102)."""
    if options.no_seal:
        _warn("Not sealed (--no-seal): this process can open files, sockets and programs.")
        return
    await _end_threads()
    pty_link = board.parts.get("pty")
    board.seal = seal.close(_flash_path(options), [Path(pty_link.address)] if pty_link else [])
    if not board.seal.is_whole:
        _warn(f"Sealed: {board.seal.sentence}.")


async def _end_threads() -> None:
    """End the thread that looked up a name for --tcp-host. It is gone a moment after its end."""
    if seal.threads() > 1:
        await asyncio.get_running_loop().shutdown_default_executor()
    for _ in range(200):
        if seal.threads() == 1:
            return
        await asyncio.sleep(0.01)


def _warn(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201 - for the person who started it


class _Over:
    """The end, asked for from a signal, another thread or a fault of ours."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.requested: asyncio.Future[None] = self._loop.create_future()
        self._loop.set_exception_handler(self._fault)
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
            if number := getattr(signal, name, None):
                signal.signal(number, lambda *_: self._by_signal())

    def soon(self) -> None:
        """End. May be called from any thread."""
        self._loop.call_soon_threadsafe(self._end)

    def _by_signal(self) -> None:
        # A terminal that is gone, or takes no more, may keep the loop waiting for it for ever.
        if hasattr(signal, "alarm"):
            signal.alarm(_LONGEST_END_S)
        self.soon()

    def _end(self) -> None:
        if not self.requested.done():
            self.requested.set_result(None)

    def _fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if context.get("message") == _OUT_OF_DESCRIPTORS:
            return
        if isinstance(error, Exception) and not self.requested.done():
            self.requested.set_exception(error)


def _breathe(go_on: Callback) -> None:
    """A breath before slow arithmetic: long enough for a face in this process to be painted."""
    asyncio.get_running_loop().call_later(0.05, go_on)


def _later(go_on: Callback) -> None:
    """After what else the loop has to do: a key is looked at between two hosts."""
    asyncio.get_running_loop().call_soon(go_on)


async def _board(options: argparse.Namespace, shell: Shell, time: MovableTime) -> PluggedParts:
    board = PluggedParts()
    for name in personalities.names():
        personalities.load(name)  # before the seal, behind which nothing is kept for the next start
    requested = (options.tcp, options.camera, options.control)
    usual = not (options.air or options.pty) and all(port is None for port in requested)
    if options.tcp is not None:
        board.parts["tcp"] = await tcp.listen(
            shell, options.tcp, host=options.tcp_host, beyond_loopback=options.beyond_loopback
        )
    elif usual:
        board.parts["tcp"] = await _usual_tcp(shell)
    if options.pty or (usual and pty.AVAILABLE):
        board.parts["pty"] = pty.PtyLink(shell)
    if options.camera is not None:
        board.parts["camera"] = await _camera(shell, options.camera)
    if options.face == "terminal" and (options.air or options.camera is not None):
        board.parts["codes"] = typed.TypedLink(shell)
    if options.control is not None:
        board.token = secrets.token_hex(16)
        board.parts["control"] = await remote.listen(
            shell, options.control, board.token, time.advance
        )
    return board


async def _camera(shell: Shell, source: str) -> Open:
    """Pictures that are sent to a port, or a scanner that looks for itself."""
    if source.isdecimal():
        return await camera.listen(shell, int(source))
    return await scanned.watch(shell, source)


async def _usual_tcp(shell: Shell) -> tcp.TcpListener:
    try:
        return await tcp.listen(shell, USUAL_PORT)
    except LinkError:
        return await tcp.listen(shell, 0)


async def _stay(panel: faces.Panel | None, over: _Over) -> None:
    if panel is not None:
        over.requested.add_done_callback(lambda _: panel.exit())
        await panel.run_async()
        over.soon()
    await over.requested


def _watch_stdin(closed: Callable[[], None]) -> None:
    """Call `closed` when standard input ends: the parent is gone, in whatever way."""

    def watch() -> None:
        # Not through sys.stdin: a thread that waits in there can stop the interpreter's end.
        while os.read(0, 4096):
            pass
        closed()

    threading.Thread(target=watch, daemon=True).start()


def _say_where(
    kind: type[BaseException], _error: BaseException, trace: TracebackType | None
) -> None:
    """A fault of ours, by its kind and place alone: values and source lines may hold secrets."""
    frames = traceback.extract_tb(trace)
    last = frames[-1] if frames else None
    place = f"{Path(last.filename).name} line {last.lineno}" if last else "nowhere"
    print(  # noqa: T201 - the sentence for the person who started it
        f"The device stopped by a fault of its own: {kind.__name__} in {place}. "
        "Start it again: it starts locked, with its seed as it was.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
