"""The app under keys and pastes nobody chose: `python -m tests.fuzz.app_keys --keys 20000`.

Over serial and over QR, while nodes, device, blocks and the window change. The session is the one
of the gallery; what is looked for is an exception of the app's own.
"""

import argparse
import asyncio
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from textual import events
from textual.pilot import Pilot

from host.errors import HostError
from host.tui.actions import ROWS
from host.tui.app import QuietkeyApp
from tests.fuzz.mutate import Chance
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import key_event, rest

Item = TypeVar("Item")
LEAVES = {"q", "ctrl+q", "ctrl+c"}
KEYS = tuple(sorted({key for row in ROWS for key in row.keys.split(",")} - LEAVES)) + tuple(
    "abgijlostvyz0123456789 "
)
PAGES = "prchnwd"
TROUBLES = ("unlock", "verify", "draft", "sign", "send", "sync", "fund", "mine", "pair")
SIZES = ((120, 40), (80, 24), (36, 17), (20, 6), (200, 60))
TEXTS = (
    app_session.THEIRS,
    "9" * 5000,
    "x" * 10_000,
    "\n",
    "",
    "25 000\nmore",
    "[b]markup[/b][",
    "\x1b[2J\u202e\U0001f511" * 50,
    "bitcoin:?amount=1",
)
VIEWS = (
    app_session.NEW,
    app_session.LOCKED,
    app_session.HOME,
    app_session.PIN,
    app_session.PAY,
    app_session.WARNING,
    app_session.ADDRESS,
    app_session.DONE,
    app_session.LETTERS,
    app_session.CODE,
)
LIFE = 400  # keys or pastes of one app


class Life:
    """One app, its session and its clock."""

    def __init__(self, link: str) -> None:
        self.session = FakeSession(app_session.HOME, funded=True)
        self.session.link = link
        self.clock = FedClock()
        self.app = QuietkeyApp(opening_of(self.session), clock=self.clock)


Step = Callable[[Life, Chance], None]


async def lives(count: int, step: Step, link: str) -> list[Exception]:
    """Take so many steps, in one app after the other. Returns what ended an app."""
    chance = Chance(f"{link} {step.__name__}".encode())
    died: list[Exception] = []
    done = 0
    while done < count:
        life = Life(link)
        try:
            async with life.app.run_test(size=SIZES[0]) as pilot:
                for _ in range(min(LIFE, count - done)):
                    done += 1
                    step(life, chance)
                    await _meanwhile(life, pilot, chance)
                    if not life.app.is_running:
                        break
                else:
                    await rest(life.app)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            died.append(error)
    return died


def key(life: Life, chance: Chance) -> None:
    """A key, whatever has the keyboard."""
    life.app.post_message(key_event(one_of(KEYS, chance)))


def paste(life: Life, chance: Chance) -> None:
    """A text, on some page, and a key behind it."""
    life.app.post_message(key_event(one_of(PAGES, chance)))
    life.clock.advance(1)
    life.app.post_message(events.Paste(one_of(TEXTS, chance)))
    life.app.post_message(key_event(one_of(("enter", "tab", "escape"), chance)))


async def _meanwhile(life: Life, pilot: Pilot[int], chance: Chance) -> None:
    """Time passes, and the world does something else, now and then in the middle of a turn."""
    for _ in range(chance.below(4)):
        await asyncio.sleep(0)
    life.clock.advance((0.0, 0.01, 0.05, 0.2, 1.0)[chance.below(5)])
    with suppress(HostError):
        await _change(life.session, chance)
    match chance.below(40):
        case 0:
            await pilot.resize_terminal(*one_of(SIZES, chance))
        case 1 | 2:
            await rest(life.app)


async def _change(session: FakeSession, chance: Chance) -> None:
    match chance.below(40):
        case 0 | 1 | 2 | 3:
            session.show(one_of(VIEWS, chance))
        case 4 | 5:
            await session.kill(chance.below(3))
        case 6 | 7:
            await session.revive(chance.below(3))
        case 8:
            await session.mine()
        case 9:
            await session.unplug()
        case 10:
            await session.plug()
        case 11:
            session.trouble[one_of(TROUBLES, chance)] = "Something went wrong. Try again."


def one_of(items: Sequence[Item], chance: Chance) -> Item:
    return items[chance.below(len(items))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.app_keys", description=__doc__)
    parser.add_argument("--keys", type=int, default=2_000)
    parser.add_argument("--pastes", type=int, default=1_000)
    options = parser.parse_args()
    died: list[Exception] = []
    for step, count in ((key, options.keys), (paste, options.pastes)):
        for link in ("serial", "qr"):
            ended = asyncio.run(lives(count // 2, step, link))
            sys.stdout.write(
                f"{count // 2} times a {step.__name__} over {link}: {len(ended)} died\n"
            )
            sys.stdout.flush()
            died += ended
    for error in died:
        sys.stdout.write("".join(traceback.format_exception(error)))
    return bool(died)


if __name__ == "__main__":
    raise SystemExit(main())
