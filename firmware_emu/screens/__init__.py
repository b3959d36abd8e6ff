"""One file per kind of screen: frozen values, read with `lines`, driven with `press`."""

from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable

COLUMNS = 30
ROWS = 10


class Key(Enum):
    """The four buttons, and the OK button held down, which only the device itself finds out."""

    STOP = "stop"
    LEFT = "left"
    RIGHT = "right"
    OK = "ok"
    HOLD = "hold"


class Answer:
    """What a screen says when the person is done with it. Each screen has its own subclasses."""

    __slots__ = ()


class Screen(Protocol):
    """What the person sees. `press` gives the next look of the same screen, or an answer.

    `kind` is what programs call a screen: the control socket, scripts and tests.
    """

    kind: ClassVar[str]

    def lines(self) -> tuple[str, ...]:
        """At most ROWS lines of at most COLUMNS characters; the last line names the buttons."""
        ...

    def press(self, key: Key, /) -> "Screen | Answer":
        """The screen after this key, or the answer it gave."""
        ...


@runtime_checkable
class Typing(Screen, Protocol):
    """A screen that also takes characters from a face that has a keyboard."""

    def typed(self, character: str, /) -> "Screen | Answer":
        """The screen after this character; characters that mean nothing change nothing."""
        ...


@runtime_checkable
class Scanning(Typing, Protocol):
    """A screen that can take a code as it is, and not for the request that it makes."""

    @property
    def scans(self) -> bool:
        """Whether it does."""
        ...

    def scanned(self, data: bytes, /) -> "Screen | Answer":
        """The screen after a code. `data` is nobody else's, and erased."""
        ...


@runtime_checkable
class Asking(Screen, Protocol):
    """A screen on which OK can be a person's yes."""

    @property
    def asks_yes(self) -> bool:
        """Whether OK would be one as it stands: nothing that came too soon may be taken for it."""
        ...

    @property
    def asks_hold(self) -> bool:
        """Whether that yes takes a long press."""
        ...


@runtime_checkable
class Paged(Screen, Protocol):
    """A screen with more to read than the panel holds at once."""

    @property
    def scroll(self) -> tuple[int, int]:
        """The view that is seen, from 0, and how many there are."""
        ...


@runtime_checkable
class Leavable(Screen, Protocol):
    """A screen that may make way for a code that a person holds up."""

    @property
    def is_leavable(self) -> bool:
        """Whether nothing that a person did is lost with it."""
        ...


@runtime_checkable
class Fitted(Screen, Protocol):
    """A screen that is as large as the face has room for: an animated QR code."""

    def fit(self, version: int, /) -> "Screen":
        """The screen with room for QR codes of this version; the same object if nothing changes."""
        ...


@runtime_checkable
class Ticking(Screen, Protocol):
    """A screen that changes by itself: an animated QR code."""

    def tick(self, seconds: float, /) -> "Screen | Answer":
        """The screen after this much time, or its end; the same object when nothing changed."""
        ...
