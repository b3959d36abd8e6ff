"""Where an address was mistyped: what a BCH code can tell about up to two wrong letters.

The places are told and never the letters (BIP173, Error detection): who takes a proposal without
looking pays somebody else.

Up to 89 symbols, any two valid texts differ in five places or more; up to 1023, as with silent
payment addresses (BIP352), in four: one wrong letter is found at any length, and of two there may
be several candidates, which are all looked at.
"""

from collections.abc import Callable, Sequence

from signer.formats.bech32 import Checksum, residue

_BITS = 5


def wrong_places(
    prefix: str, values: Sequence[int], fits: Callable[[Sequence[int], Checksum], bool]
) -> tuple[int, ...]:
    """Which of the values, from 0, are probably wrong: one or two, or () when it cannot be told.

    `values` are all symbols of an address, 0 to 31, its version first and its checksum last.
    `fits` says whether other ones, whose checksum this is, would be an address of its kind.
    """
    effects = _effects(prefix, len(values))
    present = residue(prefix, values)
    for count in (1, 2):
        places = {
            tuple(sorted(place for place, _ in errors))
            for checksum in Checksum
            for errors in _patterns(effects, present ^ checksum, count)
            if fits(_without(values, errors), checksum)
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


def _without(values: Sequence[int], errors: Sequence[_Error]) -> list[int]:
    corrected = list(values)
    for place, difference in errors:
        corrected[place] ^= difference
    return corrected
