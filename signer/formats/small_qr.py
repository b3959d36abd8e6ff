"""QR codes of 21, 25 and 29 modules (versions 1 to 3, error correction L; ISO/IEC 18004).

For a seed: what is made on the way is in buffers that are zeroed, and its bytes are a byte segment
without the mark of an encoding (ECI), which would not fit. Of the eight masks the one is taken that
leaves the fewest squares to fill by hand; readers take them all.
"""

from collections.abc import Iterator
from typing import Final

from signer.errors import Malformed

# Codewords of data and of error correction, by version.
_CODEWORDS: Final = {1: (19, 7), 2: (34, 10), 3: (55, 15)}
_BYTES, _DIGITS = 0b0100, 0b0001
_COUNT_BITS: Final = {_BYTES: 8, _DIGITS: 10}
_DIGIT_BITS: Final = {0: 0, 1: 4, 2: 7, 3: 10}
_POLYNOMIAL: Final = 0x11D
_FORMAT, _FORMAT_MASK, _LEVEL_L = 0x537, 0x5412, 0b01
_FINDER: Final = 7
_TIMING: Final = 6
_NONE, _LIGHT, _DARK = 2, 0, 1


def modules(payload: bytes | bytearray, *, is_digits: bool = False) -> bytearray:
    """The rows of the smallest code one behind another, 1 where dark; the caller's to zero.

    `payload` is ASCII digits (at most 127), or any bytes (at most 53). Raises Malformed.
    """
    bits = _bits(payload, _DIGITS if is_digits else _BYTES)
    version = next((v for v, (room, _) in _CODEWORDS.items() if len(bits) <= 8 * room), None)
    if version is None:
        raise Malformed("That is more than a code of 29 modules holds.")
    codewords = _codewords(bits, version)
    blank = _blank(17 + 4 * version)
    masked = [_masked(blank, codewords, mask) for mask in range(8)]
    best = min(masked, key=sum)
    _zero(bits, codewords, *(grid for grid in masked if grid is not best))
    return best


def _zero(*buffers: bytearray) -> None:
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))


def _bits(payload: bytes | bytearray, mode: int) -> bytearray:
    """The segment, a byte for each bit; made in its size, for what grows leaves copies behind."""
    count = len(payload)
    is_bytes = mode == _BYTES
    body = 8 * count if is_bytes else count // 3 * 10 + _DIGIT_BITS[count % 3]
    bits = bytearray(4 + _COUNT_BITS[mode] + body)
    end = _put(bits, 0, mode, 4)
    end = _put(bits, end, count, _COUNT_BITS[mode])
    if is_bytes:
        for byte in payload:
            end = _put(bits, end, byte, 8)
        return bits
    for start in range(0, count, 3):
        number = 0
        digits = memoryview(payload)[start : start + 3]
        for digit in digits:
            number = 10 * number + digit - 0x30
        end = _put(bits, end, number, _DIGIT_BITS[len(digits)])
    return bits


def _put(bits: bytearray, start: int, number: int, count: int) -> int:
    """A number of so many bits at this place; where it ends."""
    for place in range(count):
        bits[start + place] = number >> (count - 1 - place) & 1
    return start + count


def _codewords(bits: bytearray, version: int) -> bytearray:
    """Data, padding and error correction."""
    room, corrections = _CODEWORDS[version]
    codewords = bytearray(room + corrections)
    for place, bit in enumerate(bits):
        codewords[place >> 3] |= bit << (7 - (place & 7))
    used = min(room, (len(bits) + 4 + 7) // 8)  # with the end of the message, four zero bits
    for place in range(used, room):
        codewords[place] = (0xEC, 0x11)[(place - used) % 2]
    _correct(codewords, corrections)
    return codewords


def _correct(codewords: bytearray, count: int) -> None:
    """Put at the end what is left of the data over the generator with these first roots of 2."""
    generator = bytearray((1,))
    root = 1
    for _ in range(count):
        shifted = bytearray((*generator, 0))
        for place, factor in enumerate(generator):
            shifted[place + 1] ^= _product(factor, root)
        generator, root = shifted, _product(root, 2)
    left = memoryview(codewords)[-count:]
    for codeword in memoryview(codewords)[:-count]:
        factor = codeword ^ left[0]
        left[:-1] = left[1:]
        left[-1] = 0
        for place in range(count):
            left[place] ^= _product(generator[place + 1], factor)


def _product(left: int, right: int) -> int:
    """Of two elements of GF(256)."""
    product = 0
    while right:
        product ^= left * (right & 1)
        left = left << 1 ^ (_POLYNOMIAL if left & 0x80 else 0)
        right >>= 1
    return product


def _blank(side: int) -> bytearray:
    """What every code of this size has; the modules of data are _NONE."""
    grid = bytearray((_NONE,)) * (side * side)
    for top, left in ((0, 0), (0, side - _FINDER), (side - _FINDER, 0)):
        _square(grid, side, (top - 1, left - 1), 9, _LIGHT)  # the light edge around a finder
        for inset, colour in ((0, _DARK), (1, _LIGHT), (2, _DARK)):
            _square(grid, side, (top + inset, left + inset), _FINDER - 2 * inset, colour)
    if side > 21:
        for inset, colour in ((0, _DARK), (1, _LIGHT), (2, _DARK)):
            _square(grid, side, (side - 9 + inset, side - 9 + inset), 5 - 2 * inset, colour)
    for place in range(_FINDER + 1, side - _FINDER - 1):
        colour = (place + 1) % 2
        grid[_TIMING * side + place] = grid[place * side + _TIMING] = colour
    for places in _format_places(side):
        for row, column in places:
            grid[row * side + column] = _LIGHT
    grid[(side - 8) * side + 8] = _DARK
    return grid


def _square(grid: bytearray, side: int, corner: tuple[int, int], size: int, colour: int) -> None:
    rows = range(max(0, corner[0]), min(side, corner[0] + size))
    columns = range(max(0, corner[1]), min(side, corner[1] + size))
    for row in rows:
        for column in columns:
            grid[row * side + column] = colour


def _format_places(side: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """For each bit of the format, the highest first, the two modules that show it."""
    beside = (0, 1, 2, 3, 4, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8)
    below = (8, 8, 8, 8, 8, 8, 8, 8, 7, 5, 4, 3, 2, 1, 0)
    for bit, (column, row) in enumerate(zip(beside, below, strict=True)):
        other = (side - 1 - bit, 8) if bit < _FINDER else (8, side - 15 + bit)
        yield (row, column), other


def _format(mask: int) -> int:
    """The level and the mask, with their own error correction (BCH)."""
    data = _LEVEL_L << 3 | mask
    left = data << 10
    for place in reversed(range(10, 15)):
        if left >> place & 1:
            left ^= _FORMAT << (place - 10)
    return (data << 10 | left) ^ _FORMAT_MASK


def _masked(blank: bytearray, codewords: bytearray, mask: int) -> bytearray:
    """The whole code under one of the masks."""
    side = 21 + 4 * ((len(blank) > 21 * 21) + (len(blank) > 25 * 25))
    grid = bytearray(blank)
    for place, (row, column) in enumerate(_free_places(blank, side)):
        codeword = codewords[place >> 3] if place < 8 * len(codewords) else 0
        bit = codeword >> (7 - (place & 7)) & 1
        grid[row * side + column] = bit ^ _is_flipped(mask, row, column)
    sign = _format(mask)
    for bit, places in enumerate(_format_places(side)):
        for row, column in places:
            grid[row * side + column] = sign >> (14 - bit) & 1
    return grid


def _free_places(blank: bytearray, side: int) -> Iterator[tuple[int, int]]:
    """The modules of data in their order: up and down in pairs of columns, from the right."""
    rights = [right for right in range(side - 1, 0, -2) if right > _TIMING]
    rights += [right - 1 for right in range(_TIMING, 0, -2)]
    for number, right in enumerate(rights):
        rows = range(side) if number % 2 else reversed(range(side))
        for row in rows:
            for column in (right, right - 1):
                if blank[row * side + column] == _NONE:
                    yield row, column


def _is_flipped(mask: int, row: int, column: int) -> bool:
    both = row * column
    values = (
        (row + column) % 2,
        row % 2,
        column % 3,
        (row + column) % 3,
        (row // 2 + column // 3) % 2,
        both % 2 + both % 3,
        (both % 2 + both % 3) % 2,
        ((row + column) % 2 + both % 3) % 2,
    )
    return values[mask] == 0
