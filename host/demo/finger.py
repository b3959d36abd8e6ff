"""A scripted finger: reads the device's screen and presses its keys, as a person would.

It sees what a person sees, and nothing else: the words of the seed are read from the panel.
"""

import re
from collections.abc import Callable

from host.demo.control import PanelClient
from host.errors import HostError
from host.values import PanelView

MOST_KEYS = 400
BUSY = "wait"
_NO_SPACES = dict.fromkeys(map(ord, " \N{NO-BREAK SPACE}\N{THIN SPACE},"))


class ScriptedFinger:
    """`say` is told the title of each page of a review that was read."""

    def __init__(self, control: PanelClient, say: Callable[[str], None] = lambda _: None) -> None:
        self._control = control
        self._say = say

    async def set_up(self, pin: str) -> None:
        """A new seed, three of its words told back, a PIN. Ends on the unlocked home screen."""
        await self._expect("menu")
        await self.choose("New wallet")
        await self._expect("dice")
        await self._press("ok")
        await self._expect("question")
        await self._press("ok")
        words = await self._read_words()
        while self._view.kind == "letters":
            number = _number(self._view.lines[0])
            await self._control.type(words[number - 1])
            await self._press("ok")
        await self._enter(pin)
        await self._enter(pin)
        await self._expect("home")

    async def begin(self, pin: str) -> bool:
        """Set a new device up, or unlock the one that is there; whether it was new.

        Ends on the unlocked home screen. Raises HostError with what the device says of the PIN.
        """
        view = await self._control.wait_for(lambda view: view.kind in {"menu", "home"})
        if view.kind == "menu":
            await self.set_up(pin)
            return True
        await self.unlock(pin)
        await self._expect("home")
        return False

    async def unlock(self, pin: str) -> None:
        """From the locked home screen, or from the PIN pad that a host's request brought up."""
        if self._view.kind == "home":
            await self._press("ok")
        await self._enter(pin)

    async def choose(self, item: str) -> None:
        """Pick an item of the menu that is shown. Raises HostError when there is none such."""
        for _ in range(MOST_KEYS):
            if any(line.startswith(f"▸ {item}") for line in self._view.lines):
                await self._press("ok")
                return
            await self._press("right")
        raise HostError(f"The device offers no '{item}'. It shows '{self._view.lines[0]}'.")

    async def open_menu(self, item: str) -> None:
        """From the unlocked home screen to an item of its menu."""
        await self._expect("home")
        await self._press("ok")
        await self.choose(item)

    async def show_account(self) -> None:
        """From the unlocked home screen to the QR code of the account's public keys."""
        await self.open_menu("Show account")
        await self._expect("qr")

    async def accept(
        self, is_wrong: Callable[[str], bool] = lambda _: False
    ) -> tuple[tuple[str, ...], ...]:
        """Wait for a review, read every page to the end and accept it. Raises HostError.

        `is_wrong` looks at all that was read so far, without spaces: then it is stopped. Returns
        all pages that were read.
        """
        pages: list[tuple[str, ...]] = []
        await self._expect("confirm")
        for _ in range(MOST_KEYS):
            if self._view.kind != "confirm":
                return tuple(pages)
            if self._view.lines not in pages:
                pages.append(self._view.lines)
                self._say(_summary(self._view))
            if is_wrong("".join("".join(lines[:-1]) for lines in pages).translate(_NO_SPACES)):
                await self._press("stop")
                return tuple(pages)
            await self._press(_key_on(self._view))
        raise HostError("The device asks and asks. The scripted finger gave up.")

    async def reject(self) -> None:
        """Wait for a review and stop it."""
        await self._expect("confirm")
        await self._press("stop")

    async def dismiss(self) -> None:
        """Press OK on notices and codes until the device is home again. Raises HostError."""
        for _ in range(MOST_KEYS):
            if self._view.kind == "home":
                return
            await self._press("ok")
        raise HostError(f"The device stays at '{self._view.lines[0]}'.")

    @property
    def _view(self) -> PanelView:
        return self._control.view

    async def _press(self, key: str) -> None:
        await self._control.press_at_once(key)
        await self._settled()

    async def _settled(self) -> PanelView:
        return await self._control.wait_for(lambda view: view.kind != BUSY)

    async def _expect(self, kind: str) -> PanelView:
        """Wait until the device shows this kind of screen; a refusal is told as it stands."""
        ends = {kind, "notice"}
        view = await self._control.wait_for(lambda view: view.kind in ends)
        if view.kind != kind:
            raise HostError(" ".join(line.strip() for line in view.lines[:-1] if line.strip()))
        return view

    async def _read_words(self) -> list[str]:
        words: dict[int, str] = {}
        while self._view.kind == "words":
            for line in self._view.lines:
                if match := re.fullmatch(r"\s*(\d+)\. ([a-z]+)\s*", line):
                    words[int(match[1])] = match[2]
            await self._press("ok")
        return [words[number] for number in sorted(words)]

    async def _enter(self, pin: str) -> None:
        await self._expect("pinpad")
        await self._control.type(pin)
        await self._press("ok")


def _number(title: str) -> int:
    match = re.search(r"\d+", title)
    if match is None:
        raise HostError(f"The device asks for a word without saying which: '{title}'.")
    return int(match[0])


def _key_on(view: PanelView) -> str:
    """The key that goes on in a review: RIGHT while there is more to read, then the yes."""
    if "▸" in view.lines[-1]:
        return "right"
    return "hold" if "hold:" in view.lines[-1] else "ok"


def _summary(view: PanelView) -> str:
    return " · ".join(" ".join(line.split()) for line in view.lines[:-1] if line.strip())
