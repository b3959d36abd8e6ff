"""The device: a function from events to effects. It never waits; all around it is replaceable."""

from collections.abc import Callable
from dataclasses import replace

from firmware_emu import events, personalities
from firmware_emu.commands import Command, Logout, Reply, Request, RevealEntropy
from firmware_emu.core import access
from firmware_emu.core.conversation import Ended, Talk
from firmware_emu.core.dispatch import at_once, at_power_on, own, requested
from firmware_emu.core.ports import Switchboard
from firmware_emu.effects import BytesOut, Effect, Resume, Save, Show, State
from firmware_emu.entropy_pool import Pool
from firmware_emu.events import Port
from firmware_emu.flows import Flow, Locked, Outcome, Pause, Promised, Unlocked, Went
from firmware_emu.personalities import Personality
from firmware_emu.screens import Answer, Screen, Ticking, Typing
from firmware_emu.screens.notice import Notice
from firmware_emu.storage.vault import Cost

_CUT = Notice("Cancelled", ("The host went away.", "Nothing was signed."))


class Device:
    """Its whole public surface is `start` and `handle`.

    `record` is what the flash holds (None: nothing yet), `entropy` at least 32 fresh bytes from
    the operating system, `cost` that of a PIN try for seeds sealed from now on.
    """

    def __init__(
        self,
        record: bytes | None,
        entropy: bytes,
        cost: Cost | None = None,
        personality: Callable[[str], Callable[[], Personality]] = personalities.load,
    ) -> None:
        self._has = at_power_on(record, cost or Cost(), Pool(entropy))
        self._new = record is None
        self._ports = Switchboard(personality)
        self._out: list[Effect] = []
        self._owed: Port | None = None
        self._talk = Talk(own(self._has))

    def start(self) -> list[Effect]:
        """The first look. Call it once, before any event."""
        if self._new:
            self._out.append(Save(self._has.vault.encode()))
        self._advance(None)
        return self._taken()

    def handle(self, event: events.Event) -> list[Effect]:
        """What follows from an event, in order. A `Save` comes before all that relies on it."""
        match event:
            case events.KeyPressed(key):
                self._look(self._talk.screen.press(key))
            case events.Typed(text):
                self._type(text)
            case events.BytesIn(port, data):
                self._receive(port, data)
            case events.PortClosed(port):
                self._closed(port)
            case events.Ticked(seconds):
                self._tick(seconds)
            case events.Shaken(entropy):
                self._has.pool.stir(entropy)
            case events.Resumed() if self._talk.paused:
                self._advance(Went())
            case events.Resumed():
                pass  # whoever waited has hung up meanwhile
        self._serve()
        return self._taken()

    def _taken(self) -> list[Effect]:
        out, self._out = self._out, []
        return out

    def _tick(self, seconds: float) -> None:
        self._ports.tick(seconds)
        if isinstance(self._talk.screen, Ticking):
            self._look(self._talk.screen.tick(seconds))

    # The conversation

    def _begin(self, flow: Flow[Outcome | None], asker: tuple[Port, Request] | None = None) -> None:
        self._talk.flow.close()
        self._talk = Talk(flow, asker)
        self._advance(None)

    def _idle(self, first: Screen | None = None) -> None:
        self._begin(own(self._has, first))

    def _look(self, seen: Screen | Answer) -> None:
        if isinstance(seen, Answer):
            self._talk.begun = True
            self._advance(seen)
        elif seen != self._talk.screen:
            self._show(seen)

    def _type(self, text: str) -> None:
        for character in text:
            if isinstance(self._talk.screen, Typing):
                self._look(self._talk.screen.typed(character))

    def _advance(self, answer: Answer | None) -> None:
        """On to the next screen, carrying out the steps on the way."""
        match self._talk.go_on(answer):
            case Ended(outcome):
                self._finish(outcome)
            case Pause() as pause:
                self._pause(pause)
            case Unlocked(keyring):
                self._has = replace(self._has, keyring=keyring)
                self._advance(Went())
            case Locked():
                self._lock()
                self._advance(Went())
            case Promised(promise):
                self._has = replace(self._has, promise=promise)
                self._owed = self._talk.asker[0] if self._talk.asker else None
                self._advance(Went())
            case screen:
                self._show(screen)

    def _pause(self, pause: Pause) -> None:
        self._talk.paused = True
        if pause.keep is not None:
            self._has = replace(self._has, vault=pause.keep, damaged=False)
            self._out.append(Save(pause.keep.encode()))
        self._show(pause.meanwhile)
        self._out.append(Resume())

    def _finish(self, outcome: Outcome | None) -> None:
        after = outcome.after if outcome else None
        if outcome and self._talk.asker:
            after = self._reply(*self._talk.asker, outcome.reply) or after
        self._idle(after)

    def _show(self, screen: Screen) -> None:
        self._talk.screen = screen
        self._out.append(Show(screen, self._has.state, self._has.fingerprint))

    def _lock(self) -> None:
        if self._has.keyring:
            self._has.keyring.wipe()
        self._has = replace(self._has, keyring=None, promise=None)
        self._ports.forget()

    # The requests

    def _receive(self, port: Port, data: bytes) -> None:
        for item in self._ports.receive(port, data):
            if isinstance(item, bytes):
                self._out.append(BytesOut(port, item))
            else:
                self._reply(port, item, self._answer(item.command))

    def _serve(self) -> None:
        """One request at a time, in turn; those that need a person wait until one is free."""
        while self._ports.waiting and not (self._talk.asker or self._talk.paused):
            port, request = self._ports.waiting[0]
            if not (isinstance(request.command, RevealEntropy) and port == self._owed):
                self._has = replace(self._has, promise=None)  # for the next request of one host
            fault = access.check(self._has.state, request.command)
            flow = None if fault else requested(request.command, self._has)
            if flow and self._talk.begun:
                return
            self._ports.waiting.popleft()
            if flow:
                self._begin(flow, (port, request))
            else:
                after = self._reply(port, request, fault or self._answer(request.command))
                if after and not self._talk.begun:
                    self._idle(after)

    def _answer(self, command: Command) -> Reply:
        """The answer to what needs no person."""
        if isinstance(command, Logout):
            self._lock()
            self._idle()
        menu = "menu" if self._talk.begun else "idle"
        return at_once(command, self._has, "asking" if self._talk.asker else menu)

    def _reply(self, port: Port, request: Request, reply: Reply) -> Screen | None:
        """Sends a reply; what cannot be sent but only shown is returned."""
        wire = self._ports.reply(port, request, reply)
        if not isinstance(wire, bytes):
            return wire
        self._out.append(BytesOut(port, wire))
        return None

    def _closed(self, port: Port) -> None:
        asked = self._talk.asked_by(port)
        if port == self._owed:
            self._has = replace(self._has, promise=None)
        self._out += [BytesOut(port, wire) for wire in self._ports.close(port, asked)]
        if asked and self._has.state is State.EMPTY:
            self._talk.asker = None  # a person who is writing down words may finish
        elif asked:
            self._idle(_CUT)
