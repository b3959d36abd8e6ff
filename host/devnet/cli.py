"""`quietkey devnet`: the built-in Bitcoin network as a process of its own."""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from host.config import wall_clock
from host.devnet.electrum.server import ElectrumServer
from host.devnet.network import Devnet
from host.devnet.rpc.server import RpcServer
from host.devnet.steering import console
from host.devnet.steering.control import ControlServer
from host.errors import HostError

DESCRIPTION = """\
A Bitcoin network of your own, in one process (regtest: the coins are play money).
Its nodes check every block and script with Bitcoin Core's own engine and speak the
Bitcoin peer-to-peer protocol, so any wallet that does can use them;
others find an Electrum port."""
MAX_NODES = 100
CHUNK = 4096


def main(argv: Sequence[str]) -> int:
    """Run until Ctrl-C, SIGTERM, `quit`, or the end of standard input. Returns the exit status."""
    options = _options(argv)
    try:
        asyncio.run(_run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except HostError as error:
        _complain(str(error))
        return 1
    return 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="quietkey devnet",
        description=DESCRIPTION,
        epilog=f"Typed while it runs:\n{console.HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    flag = parser.add_argument
    flag("--nodes", type=_node_count, default=3, metavar="N", help="how many nodes, 1 to 100 (3)")
    flag(
        "--data", type=Path, metavar="DIR", help="keep the blocks there, or forget them at the end"
    )
    flag(
        "--port", type=_port, default=0, metavar="PORT",
        help="where the first node listens; the others behind it (any free ports)",
    )  # fmt: skip
    flag(
        "--electrum", type=_port, metavar="PORT",
        help="open a port there for wallets that speak the Electrum protocol",
    )  # fmt: skip
    flag(
        "--rpc", nargs=2, metavar=("PORT", "FILE"),
        help="open a port for Bitcoin Core's JSON-RPC; its cookie is written to FILE",
    )  # fmt: skip
    flag("--auto-mine", type=float, metavar="SECONDS", help="mine so long after a payment arrives")
    flag("--announce", action="store_true", help="for programs: one JSON line when ready")
    flag("--exit-with-stdin", action="store_true", help="for programs: end with standard input")
    options = parser.parse_args(argv)
    if options.rpc:
        try:
            options.rpc = (_port(options.rpc[0]), Path(options.rpc[1]))
        except argparse.ArgumentTypeError as error:
            parser.error(f"argument --rpc: {error}")
    return options


def _node_count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MAX_NODES:
        raise argparse.ArgumentTypeError(f"between 1 and {MAX_NODES}, not {text!r}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 0xFFFF - MAX_NODES:
        raise argparse.ArgumentTypeError(f"between 1 and {0xFFFF - MAX_NODES}, not {text!r}")
    return int(text)


async def _run(options: argparse.Namespace) -> None:
    typed = _standard_input()
    devnet = Devnet(
        wall_clock,
        options.nodes,
        options.data,
        options.auto_mine,
        note=_complain,
        port=options.port,
    )
    _allow_many_files()
    control = ControlServer(devnet, secrets.token_hex(16))
    doors = _doors(devnet, options)
    async with devnet, control, contextlib.AsyncExitStack() as stack:
        for door, _ in doors:
            await stack.enter_async_context(door)
        with _ended_by_sigterm():
            if options.announce:
                _announce(devnet, control)
                await _wait_for_end(typed, options)
            else:
                for door, sentence in doors:
                    _say(sentence.format(door.address))
                await _serve_a_person(devnet, control, typed, options)


def _doors(
    devnet: Devnet, options: argparse.Namespace
) -> list[tuple[ElectrumServer | RpcServer, str]]:
    """Ports for other programs, each with a sentence that names its address."""
    doors: list[tuple[ElectrumServer | RpcServer, str]] = []
    if options.electrum:
        sentence = "Electrum wallets connect to {} (TCP, no TLS)."
        doors.append((ElectrumServer(devnet, options.electrum), sentence))
    if options.rpc:
        port, cookie = options.rpc
        sentence = f"JSON-RPC as Bitcoin Core's is at {{}}, with the cookie in {cookie}."
        doors.append((RpcServer(devnet, cookie, port), sentence))
    return doors


def _announce(devnet: Devnet, control: ControlServer) -> None:
    """What a program needs to know. The token goes nowhere but to whoever started us."""
    ready = {"ready": True, "pid": os.getpid(), "peers": devnet.peers}
    _say(json.dumps(ready | {"control": control.address, "token": control.token}))


async def _wait_for_end(typed: "asyncio.Queue[bytes]", options: argparse.Namespace) -> None:
    """What is typed is not obeyed here: standard input is a leash."""
    while await typed.get() or not options.exit_with_stdin:
        pass


async def _serve_a_person(
    devnet: Devnet,
    control: ControlServer,
    typed: "asyncio.Queue[bytes]",
    options: argparse.Namespace,
) -> None:
    _say(f"A Bitcoin network is running. Wallets connect to {', '.join(devnet.peers)}.")
    _say(f"Programs steer it at {control.address} with the token {control.token}.")
    _say(f"You can type:\n{console.HELP}")
    display = asyncio.create_task(console.show(devnet, _say))
    try:
        while (line := await typed.get()).strip() != b"quit":
            if not line and (options.exit_with_stdin or sys.stdin.isatty()):
                return
            await console.obey(devnet, line.decode("utf-8", "replace"), _say)
    finally:
        display.cancel()
        await asyncio.gather(display, return_exceptions=True)
        _say("The network has stopped.")


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _standard_input() -> "asyncio.Queue[bytes]":
    """Its lines as they come, and at the end an empty one.

    By a thread, because an event loop can wait for a terminal or a pipe on some systems only.
    """
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        # Not by sys.stdin: at exit, the interpreter waits for a lock this thread would hold.
        waiting = b""
        with contextlib.suppress(OSError, RuntimeError):  # no standard input; the loop has ended
            while data := os.read(0, CHUNK):
                *complete, waiting = (waiting + data).split(b"\n")
                for line in complete:
                    loop.call_soon_threadsafe(lines.put_nowait, line + b"\n")
            loop.call_soon_threadsafe(lines.put_nowait, b"")

    threading.Thread(target=read, daemon=True).start()
    return lines


def _allow_many_files() -> None:
    """A hundred nodes hold some 3,000 sockets and files; many systems allow 1,024 at first."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource  # noqa: PLC0415

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the devnet as Ctrl-C does, so that nothing is left in the temporary folder."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # Windows
        loop.add_signal_handler(signal.SIGTERM, task.cancel if task else loop.stop)
    yield
