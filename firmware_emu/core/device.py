"""The device: a function from events to effects. It never waits; all around it is replaceable."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from firmware_emu import events, personalities
from firmware_emu.commands import Command, Fault, Logout, Reply, Request, RevealEntropy
from firmware_emu.core import access
from firmware_emu.core.conversation import CUT, FAILED, NOBODY, UNANSWERED, Conversation, Ended
from firmware_emu.core.dispatch import flow_for, idle_flow, immediate_reply, unknown_network
from firmware_emu.core.idle_timer import IdleTimer
from firmware_emu.core.key_policy import KeyPolicy
from firmware_emu.core.ports import Ports
from firmware_emu.core.state import DeviceState, at_power_on
from firmware_emu.effects import BytesOut, Effect, HangUp, Refuse, Resume, Save, Show, State
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.events import CODES, Port
from firmware_emu.flows import (
    Flow,
    Locked,
    Pause,
    RequestOutcome,
    SignaturePending,
    StepDone,
    Unlocked,
)
from firmware_emu.personalities import Lost, PersonalityFactory
from firmware_emu.screens import Answer, Fitted, Paged, Scanning, Screen, Ticking, Typing
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.scan import Scan
from firmware_emu.storage.vault import Cost
from signer.keys.curve import erase

_USUAL_COST = Cost()
_STEPS = 20  # of the bar of a long press
_Turn = tuple[Port, Request, Fault | None, Flow[RequestOutcome] | None]


class Device:
    """Its whole public surface is `start`, `handle` and `takes`.

    `record` is what the flash holds (None: nothing yet), `entropy` at least 32 fresh bytes from
    the operating system, `cost` that of a PIN try for seeds sealed from now on; None for a device
    without a PIN, which keeps nothing. `network`, if any,
    is chosen for each chain that has it. `notes` are lines that the home screen shows.
    """

    def __init__(
        self,
        record: bytes | None,
        entropy: bytes,
        cost: Cost | None = _USUAL_COST,
        personality: Callable[[str], PersonalityFactory] = personalities.load,
        network: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        """Raises LookupError for a network that no chain has."""
        flashed = at_power_on(record, cost, EntropyPool(entropy), notes)
        self._state = flashed.with_network(network) if network else flashed
        is_set = self._state.vault != flashed.vault and not flashed.damaged
        self._is_unsaved = record is None or is_set
        self._ports = Ports(personality, self._state.profile)
        self._effects: list[Effect] = []
        self._pending_port: Port | None = None
        self._policy = KeyPolicy()
        self._bar = 0.0
        self._room = 0
        self._left_scan = 0  # a person went away from it
        self._timer = IdleTimer()
        self._conversation = Conversation(idle_flow(self._state))

    def start(self) -> list[Effect]:
        """The first look. Call it once, before any event."""
        if self._is_unsaved:
            self._effects.append(Save(self._state.vault.encode()))
        self._advance(None)
        return self._take_effects()

    def handle(self, event: events.Event) -> list[Effect]:
        """What follows from an event, in order. A `Save` comes before all that relies on it."""
        self._timer.see(event)
        match event:
            case events.KeyPressed() | events.Typed() | events.Ticked():
                self._at_its_time(event)
            case events.Shown(at_s):
                self._policy.shown(at_s)
                return []  # the shell is in the middle of other effects
            case events.Fits() | events.Remarked():
                self._note(event)
            case events.BytesIn(port, data):
                self._hear(port, data)
            case events.PortClosed(port, rest):
                self._receive(port, self._ports.receive(port, rest))
                self._serve(leaving=port)
                self._closed(port, CUT)
            case events.Shaken(entropy):
                self._state.pool.stir(entropy)
            case events.Resumed():
                self._resume()
                return self._take_effects()  # what waits is begun with the next event
        self._serve()
        while failed := self._ports.take_failed():
            for port in failed:
                self._failed(port)
            self._serve()
        return self._take_effects()

    def takes(self, port: Port) -> bool:
        """Whether more bytes of this port can be taken now: not while enough of it waits."""
        return self._ports.takes(port)

    def _take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def _at_its_time(self, event: events.KeyPressed | events.Typed | events.Ticked) -> None:
        match event:
            case events.KeyPressed(key, at_s, is_whole):
                screen = self._conversation.screen
                if meant := self._policy.press(key, at_s, screen, is_whole=is_whole):
                    self._look(screen.press(meant))
            case events.Typed(text, at_s):
                self._type(text if self._policy.typed(at_s) else "")
            case events.Ticked(seconds):
                self._tick(seconds)
        self._draw_bar(event.at_s)

    def _note(self, event: events.Fits | events.Remarked) -> None:
        match event:
            case events.Fits(version):
                self._room = version
                self._look(self._fitted(self._conversation.screen))
            case events.Remarked(sentence):
                self._remark(Notice("Camera", (sentence,)))

    def _remark(self, remark: Screen | None) -> None:
        if isinstance(remark, Scan) and isinstance(self._conversation.screen, Scan):
            self._show(remark, is_new=False)
        elif remark and not self._conversation.puts_off(remark):
            self._idle(remark)
            self._conversation.is_unread = False  # the next remark may replace it

    def _fitted(self, screen: Screen) -> Screen:
        """A code as large as the face that was last asked has room for."""
        return screen.fit(self._room) if self._room and isinstance(screen, Fitted) else screen

    def _draw_bar(self, at_s: float) -> None:
        """How long OK has been held, in steps that can be told apart."""
        bar = round(self._policy.held(at_s) * _STEPS) / _STEPS
        if bar != self._bar:
            self._show(self._conversation.screen, bar, is_new=False)

    def _tick(self, seconds: float) -> None:
        self._ports.tick(seconds)
        self._timer.tick(seconds)
        if not self._conversation.is_paused:
            self._leave_alone()
        if isinstance(self._conversation.screen, Ticking):
            self._look(self._conversation.screen.tick(seconds))

    def _leave_alone(self) -> None:
        """End a prompt that nobody answers; lock once nobody was at the keys for long (T103)."""
        if self._conversation.asker and not self._timer.is_unanswered:
            return  # it gets its time, and the lock comes after it
        is_writing = self._state.cost is not None and not self._conversation.is_about_seed
        notice = self._end_prompt()
        is_idle = self._timer.is_idle(self._state.vault.settings.lock_minutes)
        if self._state.state is State.EMPTY and is_writing:
            return  # a person who is writing down words may finish
        if is_idle and (self._state.keyring or self._conversation.is_answered):
            self._timer.restart()
            notice = notice or self._state.parting
            self._lock()
            self._idle(notice)
        elif notice:
            self._idle(notice)

    def _end_prompt(self) -> Screen | None:
        asker, self._conversation.asker = self._conversation.asker, None
        return (self._reply(*asker, UNANSWERED) or NOBODY) if asker else None

    def _resume(self) -> None:
        if self._conversation.is_paused:  # else whoever waited has hung up meanwhile
            self._advance(StepDone())

    # The conversation

    def _begin(
        self, flow: Flow[RequestOutcome | None], asker: tuple[Port, Request] | None = None
    ) -> None:
        self._conversation.flow.close()
        self._conversation = Conversation(flow, asker)
        self._advance(None)

    def _idle(self, screen: Screen | None = None) -> None:
        self._begin(idle_flow(self._state, screen))
        self._conversation.is_unread = screen is not None

    def _look(self, look: Screen | Answer) -> None:
        if isinstance(look, Answer):
            if isinstance(self._conversation.screen, Scan):
                self._left_scan = self._conversation.screen.number
            self._conversation.is_answered = True
            self._advance(look)
        elif look != self._conversation.screen:
            is_turned = isinstance(look, Paged) and look.scroll != _scroll(
                self._conversation.screen
            )
            self._show(look, self._bar, is_new=is_turned)

    def _type(self, text: str) -> None:
        for character in text:
            if isinstance(self._conversation.screen, Typing):
                self._look(self._conversation.screen.typed(character))

    def _hear(self, port: Port, data: bytes) -> None:
        """Bytes of a port; where any text is waited for, a code is that, and a cable's never."""
        screen = self._conversation.screen
        if port.personality != CODES or not self._conversation.takes_codes:
            self._receive(port, self._ports.receive(port, data))
        elif isinstance(screen, Scanning) and screen.scans:
            self._look(screen.scanned(data))
        else:
            erase(data)  # it is still in view

    def _advance(self, answer: Answer | None) -> None:
        """On to the next screen, carrying out the steps on the way."""
        match self._conversation.step(answer):
            case Ended(outcome):
                self._finish(outcome)
            case Pause() as pause:
                self._pause(pause)
            case Unlocked() as keys:
                self._state = self._state.unlocked(keys)
                self._ports.forget()  # what hosts may come back for was signed by other keys
                self._advance(StepDone())
            case Locked():
                self._lock()
                self._advance(StepDone())
            case SignaturePending(signature):
                asker = self._conversation.asker
                self._state = replace(self._state, pending=signature)
                self._pending_port = asker[0] if asker else None
                self._advance(StepDone())
            case screen:
                self._prompt()
                self._show(self._fitted(screen))

    def _prompt(self) -> None:
        """Let the protocol say that a person is being asked, once for a request."""
        if self._conversation.asker and not self._conversation.is_prompted:
            port, request = self._conversation.asker
            self._send(port, self._ports.prompted(port, request))
            self._timer.prompt()
        self._conversation.is_prompted = True

    def _pause(self, pause: Pause) -> None:
        self._conversation.is_paused = True
        if pause.vault is not None:
            profile = self._state.profile
            self._state = replace(self._state, vault=pause.vault, damaged=False)
            self._effects.append(Save(pause.vault.encode()))
            if self._state.profile != profile:
                self._restart_ports()
        self._show(pause.screen)
        self._effects.append(Resume())

    def _restart_ports(self) -> None:
        for port, wire in self._ports.restart(self._state.profile):
            self._send(port, wire)

    def _finish(self, outcome: RequestOutcome | None) -> None:
        notice = outcome.notice if outcome else None
        remark, asker = self._conversation.remark, self._conversation.asker
        if outcome and self._conversation.asker:
            notice = self._reply(*self._conversation.asker, outcome.reply) or notice
        self._idle(notice)
        self._conversation.answered = asker[1].command if asker else None
        self._remark(remark)

    def _show(self, screen: Screen, bar: float = 0.0, *, is_new: bool = True) -> None:
        self._conversation.screen = screen
        self._conversation.takes_codes |= isinstance(screen, Scanning) and screen.scans
        self._bar = bar
        state, fingerprint = self._state.state, self._state.fingerprint
        self._effects.append(Show(screen, state, fingerprint, bar, is_new))

    def _lock(self) -> None:
        self._state = self._state.locked()
        self._ports.forget()

    # The requests

    def _receive(self, port: Port, items: Iterator[Request | bytes | Lost | Scan]) -> None:
        for item in items:
            match item:
                case bytes():
                    self._send(port, item)
                case Scan():
                    self._remark(item if item.number != self._left_scan else None)
                case Lost():
                    self._effects.append(HangUp(port))
                case Request():
                    self._reply(port, item, self._answer(item.command))

    def _serve(self, leaving: Port | None = None) -> None:
        """Each host's requests in turn; those that need a person wait until one is free.

        Nobody is asked for a port that is `leaving`.
        """
        while not self._conversation.is_paused and (turn := self._next_turn(leaving)):
            port, request, fault, flow = turn
            self._ports.take(port, request)
            self._state = self._state_for(port, request)
            if flow:
                self._begin(flow, (port, request))
            else:
                notice = self._reply(port, request, fault or self._answer(request.command))
                if notice and self._conversation.shows_at_once(notice, request):
                    self._idle(notice)
            self._receive(port, self._ports.read_on(port))
        if any(self._ports.turns()) and (codes := self._conversation.awaited_codes()):
            self._show(codes, is_new=False)

    def _next_turn(self, leaving: Port | None) -> _Turn | None:
        """The first request that can be dealt with now: what needs no person need not wait for one.

        Some clients give a device one second for its keys, while another's prompt is up.
        """
        asker = self._conversation.asker
        for port, request in self._ports.turns():
            if asker and (asker[0] == port or isinstance(request.command, access.FOR_A_PERSON)):
                continue
            fault = access.check(self._state.state, request.command)
            fault = fault or unknown_network(request.command)
            flow = None if fault else flow_for(request.command, self._state_for(port, request))
            needs_person = flow or isinstance(request.command, Logout)
            is_held_off = self._conversation.holds_off(request)
            is_taken = asker or (flow and (is_held_off or port == leaving))
            if not (needs_person and is_taken):
                return port, request, fault, flow
        return None

    def _state_for(self, port: Port, request: Request) -> DeviceState:
        """A signature that waits for a host's entropy is for the next request of that host."""
        if isinstance(request.command, RevealEntropy) and port == self._pending_port:
            return self._state
        return replace(self._state, pending=None)

    def _answer(self, command: Command) -> Reply:
        """The answer to what needs no person."""
        if isinstance(command, Logout):
            self._lock()
            self._idle()
        menu = "menu" if self._conversation.is_answered else "idle"
        activity = "asking" if self._conversation.asker else menu
        return immediate_reply(command, self._state, activity)

    def _reply(self, port: Port, request: Request, reply: Reply) -> Screen | None:
        """Sends a reply; what cannot be sent but only shown is returned."""
        wire = self._ports.reply(port, request, reply)
        if isinstance(reply, Fault):
            self._effects.append(Refuse(reply.message))
        if not isinstance(wire, bytes):
            return wire
        self._send(port, wire)
        return None

    def _send(self, port: Port, wire: bytes) -> None:
        if wire:
            self._effects.append(BytesOut(port, wire))

    def _failed(self, port: Port) -> None:
        self._closed(port, FAILED)
        if not (self._conversation.asker or self._conversation.is_answered):
            self._idle(FAILED)

    def _closed(self, port: Port, notice: Notice) -> None:
        request = self._conversation.request_of(port)
        if port == self._pending_port:
            self._state = replace(self._state, pending=None)
        for wire in self._ports.close(port, request):
            self._send(port, wire)
        if request and self._state.state is State.EMPTY:
            self._conversation.asker = None  # a person who is writing down words may finish
        elif request:
            self._idle(notice)


def _scroll(screen: Screen) -> tuple[int, int] | None:
    return screen.scroll if isinstance(screen, Paged) else None
