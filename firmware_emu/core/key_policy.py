"""Which of the keys that arrive a person can have meant (threats T104, T105).

Faces send what is pressed: a key that is held down comes as many presses, and so does a paste, a
cat, or a key that was still down when the screen changed. Here they become what screens see.
"""

from collections.abc import Iterator
from math import inf

from firmware_emu.screens import Asking, Key, Screen

ONE_PRESS_S = 0.12  # presses closer than this are one; key repeat is 25 to 50 a second
WHOLE_S = 0.4  # nobody reads a page, and means yes, in less
HOLD_S = 1.0
TYPED_S = 0.16  # from the last character to the key behind it; in a paste there is nothing between
_REPEAT_S = 0.1


class KeyPolicy:
    """Told of each press and its time; all times are seconds of one clock that never goes back.

    A run is presses less than ONE_PRESS_S apart. Its first press acts, the rest only makes it
    longer. A yes needs the screen whole for WHOLE_S with no other key meanwhile, so hammering on
    keys gets nowhere. A run of OK alone, begun on the screen that asks, is a long press after
    HOLD_S. Keyboards wait before they repeat, so one press may stand before the run.
    """

    __slots__ = (
        "_began_s",
        "_is_lone",
        "_is_long",
        "_last_s",
        "_quiet_s",
        "_stop_s",
        "_typed_s",
        "_whole_s",
    )

    def __init__(self) -> None:
        self._whole_s = self._quiet_s = 0.0
        self._last_s = self._stop_s = self._typed_s = self._began_s = -inf
        self._is_lone = self._is_long = False

    def shown(self, at_s: float) -> None:
        """A screen is whole on a face from now on. What was pressed before does nothing on it."""
        self._whole_s = self._quiet_s = max(at_s, self._whole_s)
        self._is_lone = self._is_long = False

    def typed(self, at_s: float) -> bool:
        """Whether a character that came then is for the screen that is shown."""
        self._typed_s = at_s
        return at_s >= self._whole_s

    def press(self, key: Key, at_s: float, screen: Screen, *, is_whole: bool = True) -> Key | None:
        """What `screen` sees of this press, if anything: the key, or HOLD at the end of a run.

        `is_whole` says that the face it came from shows the screen whole.
        """
        previous_s, self._last_s = self._last_s, at_s
        if key is Key.STOP:
            return self._stop(at_s)
        if key is not Key.OK or not is_whole:
            self._is_lone = self._is_long = False
        quiet_s, self._quiet_s = at_s - self._quiet_s, max(at_s, self._quiet_s)
        if at_s - previous_s < ONE_PRESS_S:
            return self._run_on(at_s)
        self._began_s = at_s
        if key is Key.OK:
            return self._ok(at_s, screen, quiet_s) if is_whole else None
        return key if key is not Key.HOLD and at_s >= self._whole_s else None

    def held(self, at_s: float) -> float:
        """How much of the long press that the screen asks for has passed, 0 to 1."""
        if not self._is_long or at_s - self._last_s >= ONE_PRESS_S:
            return 0.0
        return min((at_s - self._began_s) / HOLD_S, 1.0)

    def _stop(self, at_s: float) -> Key | None:
        """It always works; held down it still stops only once."""
        previous_s, self._stop_s = self._stop_s, at_s
        self._is_lone = self._is_long = False
        return Key.STOP if at_s - previous_s >= ONE_PRESS_S else None

    def _run_on(self, at_s: float) -> Key | None:
        self._is_lone = False
        if not self._is_long or at_s - self._began_s < HOLD_S:
            return None
        self._is_long = False
        return Key.HOLD

    def _ok(self, at_s: float, screen: Screen, quiet_s: float) -> Key | None:
        """The first OK of a run; since the key before it, or the screen, went by `quiet_s`."""
        if not (isinstance(screen, Asking) and screen.asks_yes):
            return Key.OK if at_s - self._whole_s >= ONE_PRESS_S else None
        if at_s - self._typed_s < TYPED_S:  # the end of a paste is not its yes
            return None
        is_meant = quiet_s >= WHOLE_S
        self._is_long = screen.asks_hold and (is_meant or self._is_lone)
        self._is_lone = is_meant
        return Key.OK if is_meant else None


def gesture(key: Key) -> Iterator[tuple[float, Key]]:
    """The presses by which a person says `key`, each with the seconds to wait before it."""
    pressed = Key.OK if key is Key.HOLD else key
    yield WHOLE_S + _REPEAT_S, pressed
    if key is Key.HOLD:
        for _ in range(round(HOLD_S / _REPEAT_S) + 1):
            yield _REPEAT_S, pressed
