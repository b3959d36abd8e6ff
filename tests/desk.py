"""A device on a desk: a finger, a keyboard and cables, all in memory, no I/O.

`Desk` carries events in and effects out as the shell does: a record is kept before what follows it
is seen, and `Resume` is answered at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from firmware_emu.core.device import Device
from firmware_emu.core.key_policy import gesture
from firmware_emu.effects import BytesOut, Effect, HangUp, Resume, Save, Show, State
from firmware_emu.events import (
    BytesIn,
    Event,
    KeyPressed,
    Port,
    PortClosed,
    Resumed,
    Shaken,
    Shown,
    Ticked,
    Timed,
    Typed,
)
from firmware_emu.screens import COLUMNS, ROWS, Key, Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.words import Words
from firmware_emu.storage.vault import Cost
from signer.formats import cbor

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)
ENTROPY = bytes(range(32))
ABANDON = ("abandon",) * 11 + ("about",)
PIN = "123456"


@dataclass
class _Wall:
    """A clock for presses into devices and shells that have none."""

    now_s: float = 1.0


_WALL = _Wall()


def pressed(*keys: Key) -> Iterator[KeyPressed]:
    """These keys as a person presses them, ever later, for a device that nobody tells the time."""
    for key in keys:
        for seconds, physical in gesture(key):
            _WALL.now_s += seconds
            yield KeyPressed(physical, _WALL.now_s)


class Desk:
    """One device and all that is plugged into it."""

    def __init__(
        self, record: bytes | None = None, entropy: bytes = ENTROPY, network: str = ""
    ) -> None:
        self.device = Device(record, entropy, CHEAP, network=network)
        self.record = record
        self.shown: list[Show] = []
        self.heard: dict[Port, bytearray] = defaultdict(bytearray)
        self.log: list[Effect] = []
        self.now_s = 1.0
        self._ports = 0
        self._carry(self.device.start())

    # What happens

    def happen(self, event: Event) -> None:
        if isinstance(event, Timed) and not event.at_s:
            event = replace(event, at_s=self.now_s)
        self._carry(self.device.handle(event))

    def press(self, *keys: str) -> None:
        """Press as a person does, who lets go in between, and holds for a second."""
        for key in keys:
            for seconds, pressed in gesture(Key(key)):
                self.now_s += seconds
                self.happen(KeyPressed(pressed))

    def type(self, text: str) -> None:
        self.happen(Typed(text))

    def tick(self, seconds: float) -> None:
        self.now_s += seconds
        self.happen(Ticked(seconds))

    def shake(self, entropy: bytes) -> None:
        self.happen(Shaken(entropy))

    def plug(self, personality: str = "jade", name: str = "cable") -> "Cable":
        return Cable(self, Port(personality, name))

    def fresh_port(self) -> "Cable":
        """A port that was never used before."""
        self._ports += 1
        return self.plug(name=f"port {self._ports}")

    def power_cut(self) -> "Desk":
        """The same flash, switched on again."""
        return Desk(self.record)

    # What can be seen

    @property
    def screen(self) -> Screen:
        return self.shown[-1].screen

    @property
    def state(self) -> State:
        return self.shown[-1].state

    @property
    def text(self) -> str:
        return "\n".join(self.screen.lines())

    # What a person does

    def create(self, pin: str = PIN, rolls: str = "") -> tuple[str, ...]:
        """From the first start to unlocked, with a new seed; its words."""
        self.choose("New wallet")
        self.type(rolls)
        self.press("hold", "ok")
        words = self.copy_words()
        self.answer_words(words)
        self.enter_pin(pin)
        self.enter_pin(pin)
        return words

    def copy_words(self) -> tuple[str, ...]:
        """Write down what the screens show, to the last."""
        words: list[str] = []
        while isinstance(self.screen, Words):
            words += [line.split()[1] for line in self.screen.lines()[1:-1] if line]
            self.press("ok")
        return tuple(words)

    def answer_words(self, words: tuple[str, ...]) -> None:
        """Type each word that is asked back."""
        while isinstance(self.screen, Letters):
            number = int(self.screen.lines()[0].split()[1])
            self.type(words[number - 1])
            self.press("ok")

    def choose(self, item: str) -> None:
        """Walk to a menu's item and take it."""
        menu = self.screen
        assert isinstance(menu, Menu), self.text
        self.press(*["right"] * ((menu.items.index(item) - menu.cursor) % len(menu.items)), "ok")

    def enter_pin(self, pin: str = PIN) -> None:
        self.type(pin)
        self.press("ok")

    def restore(self, words: tuple[str, ...] = ABANDON, pin: str = PIN) -> None:
        """From the first start to unlocked, with words that a person has."""
        self.choose("I have a seed")
        self.choose(f"{len(words)} words")
        for word in words:
            self.type(word)
            self.press("ok")
        self.enter_pin(pin)
        self.enter_pin(pin)

    def unlock(self, pin: str = PIN) -> None:
        self.press("ok")
        self.enter_pin(pin)

    def lock(self) -> None:
        self.press("ok")
        self.choose("Lock")

    def erase(self, pin: str = PIN) -> None:
        """From the unlocked home screen to an empty device."""
        self.press("ok")
        self.choose("Erase the seed")
        self.press("hold")
        self.enter_pin(pin)

    def use_passphrase(self, passphrase: str, pin: str = PIN) -> None:
        """From the unlocked home screen to the keys of the seed and this passphrase."""
        self.press("ok")
        self.choose("Passphrase")
        self.type(passphrase)
        self.press("ok")
        self.enter_pin(pin)
        self.press("hold")

    def approve(self) -> list[str]:
        """Read every view of what is asked and accept it; what was read."""
        read: list[str] = []
        while isinstance(self.screen, Confirm):
            read.append(self.text)
            self.press("right" if "▸" in self.screen.lines()[-1] else "hold")
        return read

    def dismiss(self) -> None:
        while isinstance(self.screen, Notice):
            self.press("ok")

    def _carry(self, effects: list[Effect]) -> None:
        for effect in effects:
            self.log.append(effect)
            match effect:
                case Save(record):
                    self.record = record
                case Show(screen):
                    _check_fits(screen)
                    self.shown.append(effect)
                    if effect.is_new:
                        assert self.device.handle(Shown(self.now_s)) == []
                case BytesOut(port, data):
                    self.heard[port] += data
                case HangUp():
                    pass  # a cable in memory cannot be hung up
                case Resume():
                    assert effect is effects[-1]
                    self.happen(Resumed())
                    self.happen(Ticked(0.0))


@dataclass
class Cable:
    """A Jade client's end: whole messages in and out, no waiting."""

    desk: Desk
    port: Port
    _count: int = field(default=0)

    def send(self, data: bytes) -> None:
        self.desk.happen(BytesIn(self.port, data))

    def request(self, method: str, params: object = None, name: str | None = None) -> str:
        """Sends a request; its id."""
        self._count += 1
        name = name or str(self._count)
        message = {"id": name, "method": method}
        self.send(cbor.encode(message if params is None else message | {"params": params}))
        return name

    def replies(self) -> list[dict]:
        """All whole messages that came since the last look."""
        heard, found = self.desk.heard[self.port], []
        while heard:
            message = cbor.decode_prefix(heard, cbor.LENIENT)
            assert isinstance(message, cbor.Complete)
            del heard[: message.used]
            found.append(message.value)
        return found

    def call(self, method: str, params: object = None) -> dict:
        """One request and its one reply."""
        name = self.request(method, params)
        [reply] = self.replies()
        assert reply["id"] == name
        return reply

    def pull(self) -> None:
        self.desk.happen(PortClosed(self.port))


def _check_fits(screen: Screen) -> None:
    lines = screen.lines()
    assert len(lines) <= ROWS, lines
    assert all(len(line) <= COLUMNS for line in lines), lines
    assert all(" " <= c <= "~" or c in "✗◂▸✓" for line in lines for c in line), lines


def unwrapped(lines: Iterable[str]) -> str:
    """The text of a host's, from the lines it was broken into: a short line lost one space."""
    return "".join(line if len(line) == COLUMNS else f"{line} " for line in lines)


def unlocked_desk(words: tuple[str, ...] = ABANDON, network: str = "") -> Desk:
    desk = Desk(network=network)
    desk.restore(words)
    return desk
