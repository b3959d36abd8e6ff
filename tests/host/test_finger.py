"""The scripted finger: it sees what a person sees, and gives up in a sentence."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from host.demo.control import PanelClient
from host.demo.finger import MOST_KEYS, ScriptedFinger
from host.errors import HostError, LinkLost

TOKEN = "token"
Press = Callable[["FakePanel", str], None]
WORDS = [f"word{letter}" for letter in "abcdefghijkl"]


class FakePanel:
    """A device's control socket: shows what it is told to, and lets `press` decide what follows."""

    def __init__(self, press: Press) -> None:
        self.pressed: list[str] = []
        self._press = press
        self._writer: asyncio.StreamWriter | None = None
        self._seq = 0
        self.kind = "home"

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    def show(self, kind: str, *lines: str, state: str = "unlocked") -> None:
        assert self._writer is not None
        self._seq += 1
        self.kind = kind
        view = {"seq": self._seq, "kind": kind, "lines": lines, "state": state, "fingerprint": ""}
        self._say({"view": view})

    def _say(self, message: dict[str, Any]) -> None:
        assert self._writer is not None
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        assert json.loads(await reader.readline()) == {"token": TOKEN}
        self.show("home", "Quietkey", "Unlocked.", "menu ✓")
        while line := await reader.readline():
            message = json.loads(line)
            if "get" in message:
                pixels = base64.b64encode(b"P5\n2 2\n255\nabcd").decode()
                panel = {"pgm": pixels, "width": 2, "height": 2}
                self._say({"done": message["id"], "pixels": panel})
                continue
            key = message.get("press") or message["type"]
            self.pressed.append(key)
            self._press(self, key)
            self._say({"done": message["id"]})

    async def close(self) -> None:
        self._server.close()
        if self._writer is not None:
            self._writer.close()


class Desk:
    """A panel with a client and a finger at it."""

    def __init__(self, panel: FakePanel, client: PanelClient) -> None:
        self.panel = panel
        self.client = client
        self.read: list[str] = []
        self.finger = ScriptedFinger(client, self.read.append)

    async def shows(self, kind: str, *lines: str) -> None:
        self.panel.show(kind, *lines)
        await self.client.wait_for(lambda view: view.kind == kind and view.lines == lines)


@pytest.fixture
def press() -> Press:
    """A device that does nothing; tests have their own."""
    return lambda _panel, _key: None


@pytest.fixture
async def desk(press: Press) -> AsyncIterator[Desk]:
    panel = FakePanel(press)
    client = await PanelClient.connect(await panel.start(), TOKEN)
    yield Desk(panel, client)
    await client.close()
    await panel.close()


def menu(*items: str) -> Press:
    """A menu whose mark goes round, and that opens a page named after its item."""
    position = 0

    def press(panel: FakePanel, key: str) -> None:
        nonlocal position
        if panel.kind == "home":
            position = 0
        elif key == "right":
            position = (position + 1) % len(items)
        elif key == "ok":
            panel.show("notice", items[position], "ok ✓")
            return
        lines = (f"{'▸' if index == position else ' '} {item}" for index, item in enumerate(items))
        panel.show("menu", *lines)

    return press


@pytest.mark.parametrize("press", [menu("Show account", "Sign", "Lock")], ids=["menu"])
@pytest.mark.parametrize("item", ["Show account", "Sign", "Lock"])
async def test_an_item_of_a_menu_is_chosen_by_its_name(desk: Desk, item: str) -> None:
    await desk.finger.open_menu(item)
    assert desk.client.view.lines[0] == item


@pytest.mark.parametrize("press", [menu("Sign", "Lock")], ids=["menu"])
async def test_an_item_that_is_not_there_ends_in_a_sentence(desk: Desk) -> None:
    with pytest.raises(HostError, match=r"The device offers no 'Fly'. It shows '"):
        await desk.finger.open_menu("Fly")
    assert len(desk.panel.pressed) <= MOST_KEYS + 1


PAGES = [
    ("Recipient 1 of 1 page 1/3", "Pay 25 000 sats", "next ✓"),
    ("Details page 2/3", "Change to you 4 sats", "1/2 ▸ next ✓"),
    ("Details page 2/3", "Digest", "◂ 2/2 next ✓"),
    ("Total page 3/3", "Fee 141 sats", "hold: sign ✓"),
]


def review(panel: FakePanel, key: str) -> None:
    """Three pages; one is folded, and the last wants its key held."""
    shown = len([pressed for pressed in panel.pressed if pressed in {"ok", "hold", "right"}])
    if key == "stop":
        panel.show("notice", "Stopped", "Nothing was signed.", "ok ✓")
    elif shown < len(PAGES):
        panel.show("confirm", *PAGES[shown])
    else:
        panel.show("notice", "Signed", "done ✓")


@pytest.mark.parametrize("press", [review], ids=["review"])
async def test_every_page_is_read_before_it_is_accepted(desk: Desk) -> None:
    await desk.shows("confirm", *PAGES[0])
    pages = await desk.finger.accept()
    assert [page[0] for page in pages] == [page[0] for page in PAGES]
    assert desk.panel.pressed == ["ok", "right", "ok", "hold"], "what is folded is read, too"
    assert desk.read == [f"{title} · {line}" for title, line, _ in PAGES]


@pytest.mark.parametrize("press", [review], ids=["review"])
async def test_a_review_can_be_stopped(desk: Desk) -> None:
    await desk.shows("confirm", *PAGES[0])
    await desk.finger.reject()
    assert desk.panel.pressed == ["stop"]
    assert desk.client.view.kind == "notice"


@pytest.mark.parametrize("press", [review], ids=["review"])
async def test_a_page_that_is_wrong_is_stopped_at(desk: Desk) -> None:
    """Amounts and addresses stand in groups: they are compared without the spaces."""
    seen: list[str] = []

    def is_wrong(text: str) -> bool:
        seen.append(text)
        return len(seen) == 2

    task = asyncio.create_task(desk.finger.accept(is_wrong))
    await desk.shows("confirm", *PAGES[0])
    pages = await task
    assert len(pages) == 2
    assert desk.panel.pressed[-1] == "stop"
    assert "Pay25000sats" in seen[0]
    assert seen[1].startswith(seen[0])


async def test_a_refusal_in_the_place_of_a_review_is_told_as_it_stands(desk: Desk) -> None:
    await desk.shows("notice", "Not signed", "", "This coin is not yours.", "ok ✓")
    with pytest.raises(HostError, match=r"^Not signed This coin is not yours\.$"):
        await desk.finger.accept()


@pytest.mark.parametrize(
    "press", [lambda panel, _key: panel.show("confirm", "Again?", "next ✓")], ids=["endless"]
)
async def test_a_device_that_asks_for_ever_is_given_up(desk: Desk) -> None:
    await desk.shows("confirm", "Again?", "next ✓")
    with pytest.raises(HostError, match="The device asks and asks"):
        await desk.finger.accept()


@pytest.mark.parametrize(
    "press", [lambda panel, _key: panel.show("notice", "Stuck", "ok ✓")], ids=["stuck"]
)
async def test_a_notice_that_stays_is_given_up(desk: Desk) -> None:
    await desk.shows("notice", "Stuck", "ok ✓")
    with pytest.raises(HostError, match="The device stays at 'Stuck'"):
        await desk.finger.dismiss()


def pin_pad(panel: FakePanel, key: str) -> None:
    if key == "ok":
        panel.show("home" if panel.kind == "pinpad" else "pinpad", "PIN", "ok ✓")


@pytest.mark.parametrize("press", [pin_pad], ids=["pin pad"])
async def test_a_pin_is_typed_from_the_home_screen_or_from_the_pad(desk: Desk) -> None:
    await desk.finger.unlock("274186")
    assert desk.panel.pressed == ["ok", "274186", "ok"]
    await desk.shows("pinpad", "PIN", "ok ✓")
    await desk.finger.unlock("1234")
    assert desk.panel.pressed[3:] == ["1234", "ok"]


@pytest.mark.parametrize("press", [pin_pad], ids=["pin pad"])
async def test_a_device_that_is_set_up_is_unlocked(desk: Desk) -> None:
    assert not await desk.finger.begin("274186")
    assert desk.panel.pressed == ["ok", "274186", "ok"]


class Setup:
    """A device that is set up: menu, dice, a question, words, three of them told back, a PIN."""

    def __init__(self) -> None:
        self.step = 0
        self.told: list[tuple[int, str]] = []
        self.screens = [
            ("menu", "▸ New wallet", "choose ✓"),
            ("dice", "Roll dice, or hold ✓", "hold ✓"),
            ("question", "12 words?", "yes ✓"),
            ("words", "Words 1 to 6", *self.numbered(0, 6), "next ✓"),
            ("words", "Words 7 to 12", *self.numbered(6, 12), "next ✓"),
            ("letters", "Word 3 of 12", "pick ✓"),
            ("letters", "Word 12 of 12", "pick ✓"),
            ("letters", "Word 1 of 12", "pick ✓"),
            ("pinpad", "PIN", "pick ✓"),
            ("pinpad", "PIN again", "pick ✓"),
            ("home", "Quietkey", "menu ✓"),
        ]

    @staticmethod
    def numbered(start: int, end: int) -> list[str]:
        return [f" {index + 1}. {WORDS[index].removeprefix('x')}" for index in range(start, end)]

    def __call__(self, panel: FakePanel, key: str) -> None:
        kind, title, *_ = self.screens[self.step]
        if kind == "letters" and key not in {"ok", "hold"}:
            self.told.append((int(title.split()[1]), key))
        if key in {"ok", "hold"}:
            self.step += 1
            panel.show(*self.screens[self.step])


async def test_a_new_device_is_set_up_with_words_read_from_its_panel() -> None:
    setup = Setup()
    panel = FakePanel(setup)
    client = await PanelClient.connect(await panel.start(), TOKEN)
    panel.show(*setup.screens[0])
    await client.wait_for(lambda view: view.kind == "menu")
    await ScriptedFinger(client).set_up("274186")
    assert setup.told == [(3, WORDS[2]), (12, WORDS[11]), (1, WORDS[0])]
    assert panel.pressed.count("274186") == 2
    assert client.view.kind == "home"
    await client.close()
    await panel.close()


async def test_a_word_without_a_number_ends_in_a_sentence() -> None:
    setup = Setup()
    setup.screens[5] = ("letters", "Which word?", "pick ✓")
    panel = FakePanel(setup)
    client = await PanelClient.connect(await panel.start(), TOKEN)
    panel.show(*setup.screens[0])
    await client.wait_for(lambda view: view.kind == "menu")
    with pytest.raises(HostError, match="without saying which: 'Which word"):
        await ScriptedFinger(client).set_up("274186")
    await client.close()
    await panel.close()


# ---- the panel's client


async def test_pixels_come_as_a_frame(desk: Desk) -> None:
    frame = await desk.client.pixels()
    assert (frame.width, frame.height, frame.pixels) == (2, 2, b"abcd")


async def test_every_change_is_told_beginning_with_the_present(desk: Desk) -> None:
    changes = desk.client.changes()
    assert (await anext(changes)).kind == "home"
    desk.panel.show("menu", "▸ Sign")
    assert (await anext(changes)).kind == "menu"
    await changes.aclose()  # type: ignore[attr-defined]


async def test_a_panel_that_goes_away_is_a_sentence(desk: Desk) -> None:
    waiting = asyncio.ensure_future(desk.client.wait_for(lambda view: view.kind == "never"))
    await asyncio.sleep(0)
    await desk.panel.close()
    with pytest.raises(LinkLost, match="Nothing more is signed"):
        await waiting
    with pytest.raises(LinkLost):
        await desk.client.press("ok")
