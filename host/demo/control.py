"""The client of the device's control socket: its front panel, at the end of a cable.

Only the demo and the panel in the app know it. The wallet code beside it never does: it meets the
device on a link, as it would meet one on a desk.
"""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Self

from host.errors import LinkLost
from host.links.lines import Lines, Message
from host.values import Frame, PanelView

UNREACHABLE = "The device stopped. Nothing more is signed. Start the demo again."


Condition = Callable[[PanelView], bool]


class PanelClient:
    """Keys in, views out. Each key waits until the device has handled it.

    Every method may raise LinkLost: the panel went away.
    """

    _lines: Lines

    def __init__(self) -> None:
        """Use `connect`."""
        self.view = PanelView(-1, "", (), "empty", "")

    @classmethod
    async def connect(cls, address: str, token: str) -> Self:
        """Open the panel at "host:port" and wait for its first view."""
        control = cls()
        control._lines = await Lines.open(
            address, token, control._take_view, lambda: LinkLost(UNREACHABLE)
        )
        await control.wait_for(lambda view: view.seq >= 0)
        return control

    async def press(self, key: str) -> PanelView:
        """Press "stop", "left", "right", "ok" or "hold"; the view once the device handled it."""
        await self._lines.ask({"press": key})
        return self.view

    async def press_at_once(self, key: str) -> PanelView:
        """The same for a script: the time a person takes passes on the device's clock alone."""
        await self._lines.ask({"press": key, "at_once": True})
        return self.view

    async def type(self, text: str) -> PanelView:
        """Type characters, as on a keyboard plugged into the device."""
        await self._lines.ask({"type": text})
        return self.view

    async def fit(self, version: int) -> None:
        """Say that codes up to this QR version can be drawn; 0: none, and it shows its usual."""
        await self._lines.ask({"room": version})

    async def pixels(self) -> Frame:
        """What the device's panel looks like: 240x160 grey pixels."""
        answer = (await self._lines.ask({"get": "pixels"}))["pixels"]
        header_and_pixels = base64.b64decode(answer["pgm"])
        size = answer["width"] * answer["height"]
        return Frame(answer["width"], answer["height"], header_and_pixels[-size:])

    async def changes(self) -> AsyncIterator[PanelView]:
        """Every new view, beginning with the present one."""
        reported = -1
        while True:
            view = await self.wait_for(lambda view: view.seq > reported)  # noqa: B023 - awaited here
            reported = view.seq
            yield view

    async def wait_for(self, condition: Condition) -> PanelView:
        """The first view, now or later, that `wanted` is true of."""
        await self._lines.wait_until(lambda: condition(self.view))
        return self.view

    async def close(self) -> None:
        await self._lines.close()

    def _take_view(self, message: Message) -> None:
        view = message["view"]
        self.view = PanelView(
            seq=view["seq"],
            kind=view["kind"],
            lines=tuple(view["lines"]),
            state=view["state"],
            fingerprint=view["fingerprint"],
            inverted=view.get("inverted", False),
            picked=tuple((row, column, size) for row, column, size in view.get("picked", ())),
            scroll=(view["scroll"][0], view["scroll"][1]) if "scroll" in view else (0, 1),
            hold=view.get("hold", 0.0),
            code=tuple(view.get("code", ())),
        )
