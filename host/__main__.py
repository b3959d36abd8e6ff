"""`quietkey`, or `python -m host`: which part of the house was asked for."""

import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING

from host.errors import BadInput, HostError
from host.interrupts import ended_as_by_ctrl_c, ending_at_once

with ending_at_once():
    import argparse
    import os
    import subprocess
    from contextlib import suppress
    from pathlib import Path

    from host.cli import PASSED_ON, UsageError, parser, usual_link
    from host.cli.status import BAD_INPUT, FAILED, STOPPED, ExitCode, error_object, exit_code

if TYPE_CHECKING:
    from host.session.remembered import Wallets
    from host.settings import ThemeChoice

OK = 0
Work = Callable[[], int]

# Imports below are late on purpose: the device runs where BDK cannot, and the app must paint fast.


def main(words: Sequence[str] | None = None) -> int:
    """Run what `words` say (the command line, without them). The exit status (host.cli.status)."""
    words = sys.argv[1:] if words is None else words
    _stand_in()
    _spell_out()
    with ended_as_by_ctrl_c():
        return _guarded(list(words))


def _stand_in() -> None:
    """Where whoever started us has closed an output, nobody is to read it, and no file takes it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to our end
            setattr(sys, name, nowhere)


def _spell_out() -> None:
    """Letters that a terminal or a file has no place for are written as numbers, not raised.

    Outside UTF-8, a label of somebody else's alphabet would end a payment half-way through.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _guarded(words: list[str]) -> int:
    try:
        try:
            with ending_at_once():
                work = _chosen(words)
            return work()
        finally:
            sys.stdout.flush()
    except UsageError as error:
        _tell_program(words, BAD_INPUT, error.message)
        raise
    except HostError as error:
        _tell_program(words, exit_code(error), str(error))
        return _fail(str(error), exit_code(error))
    except OSError as error:
        _let_go_of_output()
        return _fail(_about(error))
    except KeyboardInterrupt:
        _fail("Stopped. What was signed or waits for a signature is kept.")
        return STOPPED


def _tell_program(words: list[str], code: ExitCode, message: str) -> None:
    """Who asked for JSON reads the error where it reads the data."""
    if "--json" in words:
        sys.stdout.write(error_object(code, message) + "\n")
        sys.stdout.flush()


def _about(error: OSError) -> str:
    if isinstance(error, BrokenPipeError):
        return "Nobody reads the output any more, so this stopped."
    name = f"{error.filename} cannot be used: " if error.filename else ""
    return f"{name}{error.strerror or error}."


def _let_go_of_output() -> None:
    """What is still to be written cannot be, when the interpreter flushes it at its end."""
    with suppress(OSError):  # there is no file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str, code: ExitCode = FAILED) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code.status


def _chosen(words: list[str]) -> Work:
    """What these words ask for, with all its modules loaded."""
    if words and words[0] in PASSED_ON:
        return {"device": _device, "devnet": _devnet}[words[0]](words[1:])
    args = parser().parse_args(words)
    match args.verb:
        case None:
            return _app(args)
        case "demo":
            return _demo(args)
        case "web":
            return lambda: _web(args)
        case "completion" | "man":
            return lambda: _page(args)
        case "psbt":
            from host.cli import psbt_verbs  # noqa: PLC0415

            return lambda: psbt_verbs.run(args)
        case "qr":
            from host.app import show_codes  # noqa: PLC0415

            return lambda: show_codes.run(args)
        case "wallets":
            from host.cli import wallets  # noqa: PLC0415

            return lambda: wallets.run(args)
        case _:
            from host.cli import verbs  # noqa: PLC0415

            return lambda: verbs.run(args)


def _demo(args: argparse.Namespace) -> Work:
    from host import demo  # noqa: PLC0415

    if args.auto or args.story:
        return lambda: demo.main(args)
    if args.json:
        raise BadInput("--json tells a program each step: quietkey demo --auto --json.")
    from host.tui import app  # noqa: PLC0415

    look = _look_of_demo(args)
    return lambda: app.run(demo.opening(args.home, args.link, attack=args.attack), look=look)


def _page(args: argparse.Namespace) -> int:
    from host.cli import completion  # noqa: PLC0415

    is_manual = args.verb == "man"
    page = completion.manual(parser()) if is_manual else completion.script(args.shell, parser())
    sys.stdout.write(page)
    return OK


def _app(args: argparse.Namespace) -> Work:
    from host.tui import app  # noqa: PLC0415

    wallets, look = _wallets(), _look(args)
    opening = wallets.usual()
    return lambda: app.run(opening, wallets, look)


def _web(args: argparse.Namespace) -> int:
    from host import demo, web  # noqa: PLC0415

    if args.demo:
        return web.run(demo.opening(None, usual_link()), args.port, look=_look_of_demo(args))
    wallets = _wallets()
    return web.run(wallets.usual(), args.port, wallets, _look(args))


def _look(args: argparse.Namespace) -> "ThemeChoice":
    """The app's theme. Raises WalletError for a config.toml that cannot be read."""
    from host.config import HomeFolder  # noqa: PLC0415
    from host.settings import ThemeChoice  # noqa: PLC0415

    return ThemeChoice.of(HomeFolder.default().root, args.theme)


def _look_of_demo(args: argparse.Namespace) -> "ThemeChoice | None":
    """The same, but what is wrong with a wallet's settings keeps nobody from a demo."""
    with suppress(HostError):
        return _look(args)
    return None


def _wallets() -> "Wallets":
    """Those of the usual folder, one of which may be the one that opens without a word."""
    from host import demo  # noqa: PLC0415
    from host.config import HomeFolder  # noqa: PLC0415
    from host.session.remembered import HomeWallets  # noqa: PLC0415

    return HomeWallets(HomeFolder.default().root, demo.opening(None, usual_link()))


def _device(words: list[str]) -> Work:
    """Become the device: it shares no code with the wallet, and no process either."""
    command = [sys.executable, "-m", "firmware_emu", *words]
    if os.name == "posix":
        os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, no shell
    return lambda: subprocess.run(command, check=False).returncode  # noqa: S603 - as above


def _devnet(words: list[str]) -> Work:
    from host.devnet import cli  # noqa: PLC0415

    return lambda: cli.main(words)


if __name__ == "__main__":
    sys.exit(main())
