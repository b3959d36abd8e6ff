"""A QR code to be drawn by hand, zone by zone. Nobody gets past it without seeing all of them."""

from dataclasses import dataclass, field, replace
from math import isqrt
from string import ascii_uppercase
from typing import ClassVar, Final

from firmware_emu.screens import Key
from firmware_emu.screens.layout import buttons, framed, heading
from firmware_emu.screens.notice import Acknowledged, Stopped

_DARK, _LIGHT = "##", " ."
_MAP: Final = 22  # the column where the map of the zones begins


@dataclass(frozen=True, slots=True)
class Grid:
    """`code` is its modules, row by row, 1 where a square is filled; erased by who shows it.

    Zones are as printed templates have them: 7 squares wide for a code of 21, else 5; their rows
    are letters, their columns numbers.
    """

    kind: ClassVar[str] = "grid"

    code: bytearray = field(repr=False, compare=False)
    zone: int = 0

    def lines(self) -> tuple[str, ...]:
        row, column = divmod(self.zone, self._across)
        title = f"Zone {ascii_uppercase[row]}{column + 1}"
        columns = range(column * self._size, min(self._side, (column + 1) * self._size))
        rows = range(row * self._size, min(self._side, (row + 1) * self._size))
        head = "  " + "".join(f"{number:2}" for number in range(1, len(columns) + 1))
        body = [head]
        for number, line in enumerate(rows, 1):
            squares = (_DARK if self.code[line * self._side + at] else _LIGHT for at in columns)
            body.append(f"{number} {''.join(squares)}")
        drawn = zip(body + [""] * (self._across - len(body)), self._map(), strict=False)
        body[: self._across] = [f"{line:{_MAP}}{place}".rstrip() for line, place in drawn]
        last = buttons("stop", "done" if self._is_last else "next", "◂" if self.zone else "")
        return framed(heading(title, f"{self.zone + 1} of {self.zones}"), tuple(body), last)

    def press(self, key: Key) -> "Grid | Acknowledged | Stopped":
        match key:
            case Key.LEFT:
                return replace(self, zone=max(0, self.zone - 1))
            case Key.RIGHT:
                return self if self._is_last else replace(self, zone=self.zone + 1)
            case Key.OK | Key.HOLD:
                return Acknowledged() if self._is_last else replace(self, zone=self.zone + 1)
            case Key.STOP:
                return Stopped()

    @property
    def scroll(self) -> tuple[int, int]:
        return self.zone, self.zones

    @property
    def zones(self) -> int:
        """How many there are."""
        return self._across**2

    @property
    def _side(self) -> int:
        return isqrt(len(self.code))

    @property
    def _size(self) -> int:
        return 7 if self._side == 21 else 5

    @property
    def _across(self) -> int:
        return -(-self._side // self._size)

    @property
    def _is_last(self) -> bool:
        return self.zone == self.zones - 1

    def _map(self) -> list[str]:
        signs = ["."] * self.zones
        signs[self.zone] = "#"
        starts = range(0, self.zones, self._across)
        return ["".join(signs[start : start + self._across]) for start in starts]
