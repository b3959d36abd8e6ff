"""Sharing a secret in a small field (Shamir), symbol by symbol, in buffers that are erased.

A field of 2**n elements is given by its modulus and a generator. Secrets are multiplied by public
factors only, through tables of the factor that `translate` applies: no branch and no Python
integer depends on a secret symbol.
"""

from collections.abc import Mapping

from signer.keys.scratch import Scratch


class Field:
    """GF(2**bits). A symbol is a byte below 2**bits."""

    __slots__ = ("_exp", "_log", "_order")

    def __init__(self, bits: int, modulus: int, generator: int) -> None:
        self._order = (1 << bits) - 1
        self._exp, self._log = bytearray(self._order), bytearray(self._order + 1)
        power = 1
        for exponent in range(self._order):
            self._exp[exponent], self._log[power] = power, exponent
            power = _times(power, generator, bits, modulus)

    def row(self, factor: int) -> bytes:
        """For `translate`: what each symbol becomes when multiplied by `factor` (not 0)."""
        log = self._log[factor]
        products = (
            self._exp[(self._log[y] + log) % self._order] for y in range(1, self._order + 1)
        )
        return bytes((0, *products)).ljust(256, b"\0")

    def interpolated(self, points: Mapping[int, bytearray], x: int) -> bytearray:
        """The value at `x` of the polynomial through the points (Lagrange): the caller's to erase.

        All values have one length. With k points the polynomial has degree k - 1.
        """
        with Scratch() as scratch:
            value = scratch.buffer(len(next(iter(points.values()))))
            for place, symbols in points.items():
                factor = self._basis(tuple(points), place, x)
                if factor:
                    add(value, scratch.owned(symbols.translate(self.row(factor))))
            return scratch.released(value)

    def _basis(self, places: tuple[int, ...], place: int, x: int) -> int:
        """The product of (x - other) / (place - other) over the other places; minus is xor."""
        other_places = [other_place for other_place in places if other_place != place]
        if x in other_places:
            return 0
        log = sum(
            self._log[x ^ other_place] - self._log[place ^ other_place]
            for other_place in other_places
        )
        return self._exp[log % self._order]


def add(target: bytearray, symbols: bytes | bytearray) -> None:
    """Add `symbols` to `target`, in place: in these fields that is xor."""
    for index, symbol in enumerate(symbols):
        target[index] ^= symbol


def _times(a: int, b: int, bits: int, modulus: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a, b = a << 1, b >> 1
        a ^= modulus if a >> bits else 0
    return product
