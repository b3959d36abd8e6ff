"""The shell: events in, effects out, in order and one at a time; keys before hosts (threat T97)."""

from collections.abc import Callable, Mapping

import pytest

from firmware_emu.effects import BytesOut, Effect, Resume, Save, Show, State
from firmware_emu.events import (
    BytesIn,
    Event,
    KeyPressed,
    Port,
    PortClosed,
    Resumed,
    Shown,
    Ticked,
    Typed,
)
from firmware_emu.screens import Key
from firmware_emu.screens.notice import Notice
from firmware_emu.shell import Callback, Shell

PORT = Port("jade", "one")
HELLO = Show(Notice("Hello", ()), State.LOCKED, "")
OTHER = Show(Notice("Other", ()), State.LOCKED, "")


class Machine:
    """A device that only says, for each event, what it was told to say."""

    def __init__(self, says: Mapping[Event, list[Effect]]) -> None:
        self.says = says
        self.heard: list[Event] = []

    def start(self) -> list[Effect]:
        return [HELLO]

    def handle(self, event: Event) -> list[Effect]:
        if not isinstance(event, Shown):  # follows every new screen
            self.heard.append(event)
        return self.says.get(event, [])

    def takes(self, _port: Port) -> bool:
        return True


class Diary:
    """Flash, face and client in one, so that the order among them can be read."""

    def __init__(self) -> None:
        self.pages: list[object] = []

    def save(self, record: bytes) -> None:
        self.pages.append(("saved", record))

    def show(self, show: Show) -> None:
        self.pages.append(("shown", show))

    def write(self, data: bytes) -> None:
        self.pages.append(("sent", data))


def build(
    says: Mapping[Event, list[Effect]] | None = None,
    rest: Callable[[Callback], None] = lambda go_on: go_on(),
) -> tuple[Shell, Machine, Diary]:
    machine, diary = Machine(says or {}), Diary()
    shell = Shell(machine, diary, [diary], rest)
    shell.plug_in(PORT, diary.write)
    return shell, machine, diary


def test_effects_are_carried_out_in_the_order_the_device_gave_them() -> None:
    ok = KeyPressed(Key.OK)
    shell, _, diary = build({ok: [Save(b"1"), BytesOut(PORT, b"a"), OTHER, Save(b"2")]})
    shell.happen(ok)
    assert diary.pages == [("saved", b"1"), ("sent", b"a"), ("shown", OTHER), ("saved", b"2")]


def test_nothing_after_a_save_that_failed_is_carried_out() -> None:
    class Full(Exception):
        pass

    class FullFlash:
        def save(self, _record: bytes) -> None:
            raise Full

    ok, diary = KeyPressed(Key.OK), Diary()
    shell = Shell(Machine({ok: [Save(b"1"), BytesOut(PORT, b"yes")]}), FullFlash(), [diary])
    shell.plug_in(PORT, diary.write)
    with pytest.raises(Full):
        shell.happen(ok)
    assert diary.pages == []


def test_after_a_crash_the_device_is_asked_nothing_more() -> None:
    class Crash(Exception):
        pass

    class Broken(Machine):
        def handle(self, event: Event) -> list[Effect]:
            super().handle(event)
            raise Crash

    machine = Broken({})
    shell = Shell(machine, Diary())
    with pytest.raises(Crash):
        shell.happen(KeyPressed(Key.OK))
    shell.happen(KeyPressed(Key.LEFT))
    assert machine.heard == [KeyPressed(Key.OK)]


def test_a_new_face_sees_the_present_screen() -> None:
    shell, _, _ = build()
    shell.start()
    late = Diary()
    shell.watch(late)
    assert late.pages == [("shown", HELLO)]


def test_a_face_that_looks_away_sees_nothing_more() -> None:
    ok = KeyPressed(Key.OK)
    shell, _, diary = build({ok: [OTHER]})
    shell.look_away(diary)
    shell.happen(ok)
    assert diary.pages == []


def test_what_a_face_makes_happen_waits_until_all_effects_are_carried_out() -> None:
    ok, left = KeyPressed(Key.OK), KeyPressed(Key.LEFT)
    shell, machine, diary = build({ok: [OTHER, BytesOut(PORT, b"a")], left: [BytesOut(PORT, b"b")]})

    class Finger:
        def show(self, _show: Show) -> None:
            shell.happen(left)

    shell.watch(Finger())
    shell.happen(ok)
    assert machine.heard == [ok, left]
    assert diary.pages == [("shown", OTHER), ("sent", b"a"), ("sent", b"b")]


def test_resume_is_answered_before_anything_else_that_waits() -> None:
    ok, left = KeyPressed(Key.OK), KeyPressed(Key.LEFT)
    later: list[Callback] = []
    shell, machine, diary = build(
        {ok: [Save(b"1"), Resume()], Resumed(): [BytesOut(PORT, b"a")]}, later.append
    )
    done: list[str] = []
    shell.happen(ok, callback=lambda: done.append("ok"))
    shell.happen(left, callback=lambda: done.append("left"))
    assert (machine.heard, done) == ([ok], [])
    later.pop()()
    assert (machine.heard, done) == ([ok, Resumed(), left, Ticked(0.0)], ["ok", "left"])
    assert diary.pages == [("saved", b"1"), ("sent", b"a")]


def test_a_closing_port_still_gets_what_the_device_says_to_it_and_nothing_later() -> None:
    ok = KeyPressed(Key.OK)
    shell, machine, diary = build(
        {PortClosed(PORT): [BytesOut(PORT, b"sorry")], ok: [BytesOut(PORT, b"late")]}
    )
    shell.pull_out(PORT)
    shell.happen(ok)
    assert diary.pages == [("sent", b"sorry")]
    assert machine.heard == [PortClosed(PORT), ok]


def test_a_port_is_closed_once() -> None:
    shell, machine, _ = build()
    shell.pull_out(PORT)
    shell.pull_out(PORT)
    shell.pull_all()
    assert machine.heard == [PortClosed(PORT)]


def test_bytes_go_to_the_port_they_are_for() -> None:
    two, asked = Port("jade", "two"), BytesIn(Port("jade", "two"), b"?")
    shell, _, diary = build({asked: [BytesOut(two, b"two")]})
    other = Diary()
    shell.plug_in(two, other.write)
    shell.happen(asked)
    assert (diary.pages, other.pages) == ([], [("sent", b"two")])


def test_keys_and_characters_bear_the_time_they_came_and_not_when_they_were_looked_at() -> None:
    """What is pressed while a PIN is checked waits; it must not count for the screen after it."""
    ok, left = KeyPressed(Key.OK, 5.0), KeyPressed(Key.LEFT, 6.0)
    later: list[Callback] = []
    time = [5.0]
    machine = Machine({ok: [Resume()]})
    shell = Shell(machine, Diary(), breathe=later.append, now=lambda: time[0])
    shell.happen(KeyPressed(Key.OK))
    time[0] = 6.0
    shell.happen(KeyPressed(Key.LEFT))
    shell.happen(Typed("1"))
    shell.happen(KeyPressed(Key.RIGHT, 5.5))
    time[0] = 9.0
    later.pop()()
    came = [ok, Resumed(), left, Typed("1", 6.0), KeyPressed(Key.RIGHT, 5.5), Ticked(0.0, 9.0)]
    assert machine.heard == came


def test_the_device_hears_since_when_a_new_screen_is_on_its_faces() -> None:
    """From before it was drawn: a finger that presses at once is not too early."""
    ok, left = KeyPressed(Key.OK, 7.0), KeyPressed(Key.LEFT, 7.0)
    moved = Show(Notice("Moved", ()), State.LOCKED, "", is_new=False)

    class Watched(Machine):
        def handle(self, event: Event) -> list[Effect]:
            self.heard.append(event)
            return self.says.get(event, [])

    machine, time = Watched({ok: [OTHER], left: [moved]}), [1.0]

    class Slow(Diary):
        def show(self, show: Show) -> None:
            time[0] += 1
            super().show(show)

    shell = Shell(machine, Diary(), [Slow()], now=lambda: time[0])
    shell.start()
    time[0] = 7.0
    shell.happen(KeyPressed(Key.OK))
    time[0] = 7.0
    shell.happen(KeyPressed(Key.LEFT))
    assert machine.heard == [Shown(1.0), ok, Shown(7.0), left]


class Choosy(Machine):
    """A device that takes nothing of some ports."""

    def __init__(self, full: set[Port]) -> None:
        super().__init__({})
        self.full = full

    def takes(self, port: Port) -> bool:
        return port not in self.full


ONE, TWO = Port("jade", "one"), Port("jade", "two")


def flooded(machine: Machine) -> tuple[Shell, list[Callback]]:
    """A shell whose loop comes round when the test says so, and many bytes of two ports in it."""
    turns: list[Callback] = []
    shell = Shell(machine, Diary(), later=turns.append)
    for port in (ONE, TWO):
        shell.plug_in(port, Diary().write)
        for piece in (b"1", b"2", b"3"):
            shell.happen(BytesIn(port, piece))
    return shell, turns


def test_keys_go_before_bytes_and_each_port_has_its_turn() -> None:
    machine = Machine({})
    shell, turns = flooded(machine)
    key = KeyPressed(Key.STOP)
    shell.happen(key)
    assert machine.heard == [key]
    while turns:
        turns.pop()()
    heard = [(event.port, event.data) for event in machine.heard[1:] if isinstance(event, BytesIn)]
    assert heard == [(port, piece) for piece in (b"1", b"2", b"3") for port in (TWO, ONE)]


def test_bytes_that_the_device_does_not_take_wait_and_hold_nobody_up() -> None:
    machine = Choosy({ONE})
    shell, turns = flooded(machine)
    taken: list[str] = []
    shell.happen(BytesIn(ONE, b"4"), callback=lambda: taken.append("taken"))
    while turns:
        turns.pop()()
    assert [event.port for event in machine.heard if isinstance(event, BytesIn)] == [TWO] * 3
    assert taken == []
    machine.full.clear()
    shell.happen(KeyPressed(Key.OK))
    while turns:
        turns.pop()()
    assert taken == ["taken"]


def test_a_port_closes_with_what_came_before_the_end() -> None:
    """In its turn where there is something to be answered, and at once where there is not."""
    machine = Choosy({ONE})
    shell, turns = flooded(machine)
    quiet = Port("jade", "quiet")
    shell.plug_in(quiet, Diary().write)
    shell.pull_out(ONE)
    shell.pull_out(quiet)
    assert machine.heard == [PortClosed(quiet)]
    while turns:
        turns.pop()()
    of_one = [event for event in machine.heard if getattr(event, "port", None) == ONE]
    assert of_one == [PortClosed(ONE, b"123")]


def test_who_is_new_has_the_first_turn() -> None:
    machine = Machine({})
    shell, turns = flooded(machine)
    new = Port("jade", "new")
    shell.plug_in(new, Diary().write)
    shell.happen(BytesIn(new, b"?"))
    while turns:
        turns.pop()()
    assert machine.heard[0] == BytesIn(new, b"?")


def test_at_the_end_every_port_is_closed_at_once() -> None:
    machine = Choosy({ONE})
    shell, _ = flooded(machine)
    shell.pull_all()
    assert machine.heard == [PortClosed(TWO), PortClosed(ONE)]


def test_the_next_request_begins_after_every_key_and_every_port_had_a_turn() -> None:
    later: list[Callback] = []
    turns: list[Callback] = []
    asked = BytesIn(ONE, b"sign")
    machine = Machine({asked: [Resume()]})
    shell = Shell(machine, Diary(), breathe=later.append, later=turns.append)
    for port in (ONE, TWO):
        shell.plug_in(port, Diary().write)
    shell.happen(asked)
    turns.pop()()
    key, other = KeyPressed(Key.OK), BytesIn(TWO, b"?")
    shell.happen(other)
    shell.happen(key)
    later.pop()()
    while turns:
        turns.pop()()
    assert machine.heard == [asked, Resumed(), key, other, Ticked(0.0)]
