"""Where an address was mistyped: what a BCH code can tell about up to two wrong letters.

The places are told and never the letters (BIP173, Error detection): who takes a proposal without
looking pays somebody else.
"""

from collections.abc import Sequence

from signer.formats.bech32 import Checksum, residue

_BITS = 5


def wrong_places(prefix: str, values: Sequence[int]) -> tuple[int, ...]:
    """Which of the values, from 0, are probably wrong: one or two, or () when it cannot be told.

    `values` are all symbols of an address, 0 to 31, its version first and its checksum last.
    """
    effects = _effects(prefix, len(values))
    present = residue(prefix, values)
    for count in (1, 2):
        places = {
            tuple(sorted(place for place, _ in errors))
            for checksum in Checksum
            for errors in _patterns(effects, present ^ checksum, count)
            if _fits(values[0], errors, checksum)
        }
        if places:
            return places.pop() if len(places) == 1 else ()
    return ()


_Error = tuple[int, int]  # the place, and what it differs by


def _effects(prefix: str, length: int) -> dict[int, _Error]:
    """By what an error changes the residue: the code is linear, and no two errors do the same."""
    zeros = [0] * length
    nothing = residue(prefix, zeros)
    effects: dict[int, _Error] = {}
    for place in range(length):
        bits = []
        for bit in range(_BITS):
            flipped = [*zeros[:place], 1 << bit, *zeros[place + 1 :]]
            bits.append(residue(prefix, flipped) ^ nothing)
        for difference in range(1, 1 << _BITS):
            effect = 0
            for bit in range(_BITS):
                effect ^= bits[bit] * (difference >> bit & 1)
            effects[effect] = (place, difference)
    return effects


def _patterns(effects: dict[int, _Error], syndrome: int, count: int) -> list[tuple[_Error, ...]]:
    """Every set of `count` errors that leaves this syndrome."""
    if count == 1:
        return [(effects[syndrome],)] if syndrome in effects else []
    return [
        (error, effects[syndrome ^ effect])
        for effect, error in effects.items()
        if syndrome ^ effect in effects and effects[syndrome ^ effect][0] > error[0]
    ]


def _fits(version: int, errors: Sequence[_Error], checksum: Checksum) -> bool:
    """Whether the address without these errors has the checksum of its version (BIP350)."""
    for place, difference in errors:
        version ^= difference if place == 0 else 0
    return version <= 16 and checksum is (Checksum.BECH32M if version else Checksum.BECH32)
