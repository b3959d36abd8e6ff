"""A transaction as a picture in letters: its coins on the left, who gets them on the right.

```
7d1f…54aa:1  yours 4 975 000 ─┐     ┌─    25 000  theirs  Anna
aa10…33c2:0  yours   100 000 ─┼─────┼─ 5 049 859  change  bcrt1q9xk…8w3xq0aa
12 more      yours   300 000 ─┘     └─       141  fee
```
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from host.config import grouped

MOST_ROWS = 6  # on a side; the rest is folded into one
_INPUT_NAME = (7, 14)  # letters: at least, and at most
_OUTPUT_NAME = 14  # letters, before an input's has more than the least
_UNKNOWN, _MINED, _SILENT, _DATA = "?", "newly mined", "silent address", "data"
_TAIL = 6  # letters of an address behind the cut
_BRIDGE = 5
# What is drawn where lines meet: up, down, left, right.
_LINES = {
    (0, 0, 1, 1): "─", (1, 1, 0, 0): "│", (0, 1, 1, 0): "┐", (1, 0, 1, 0): "┘",
    (0, 1, 0, 1): "┌", (1, 0, 0, 1): "└", (1, 1, 1, 0): "┤", (1, 1, 0, 1): "├",
    (0, 1, 1, 1): "┬", (1, 0, 1, 1): "┴", (1, 1, 1, 1): "┼",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FlowCoin:
    """An input or an output. `outpoint` is "txid:n" of an input, `sats` None where nobody knows.

    `owner` is "yours", "theirs", "change", or "" where nobody can tell. An output has no address
    that is data, or whose script the device is still to compute (silent payments, BIP352).
    """

    sats: int | None
    owner: str = ""
    address: str = ""
    outpoint: str = ""


@dataclass(frozen=True, slots=True)
class TransactionFlow:
    """Where the coins of a transaction come from, and where they go."""

    inputs: tuple[FlowCoin, ...]
    outputs: tuple[FlowCoin, ...]

    @property
    def fee_sats(self) -> int | None:
        """None where the amount of an input is not known."""
        amounts = [coin.sats for coin in self.inputs]
        spent = sum(sats for sats in amounts if sats is not None)
        return None if None in amounts else spent - sum(coin.sats or 0 for coin in self.outputs)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    owner: str
    amount: str
    is_address: bool = False


def draw(
    flow: TransactionFlow,
    width: int,
    labels: Mapping[str, str] | None = None,
    amount: Callable[[int], str] = grouped,
) -> tuple[str, ...]:
    """The lines, none longer than `width`, which should be 74 or more.

    Names are cut, amounts are not: `width` is kept to up to some hundred bitcoins a coin.
    `labels` are what was written to coins and addresses, `amount` says how sats are written.
    """
    names = labels or {}
    inputs = _folded([_input(coin, names, amount) for coin in flow.inputs], flow.inputs, amount)
    outputs = _folded([_output(coin, names, amount) for coin in flow.outputs], flow.outputs, amount)
    if flow.fee_sats is not None:
        outputs.append(_Row("", "fee", amount(flow.fee_sats)))
    high = max(len(inputs), len(outputs))
    spines = _spines(len(inputs), len(outputs), high)
    room = width - len(spines[0]) - _needed(inputs) - _needed(outputs)
    names_left = min(
        max(map(len, (row.name for row in inputs))), max(room - _OUTPUT_NAME, _INPUT_NAME[0])
    )
    left = _centred(_left_cells(inputs, names_left), high)
    right = _centred(_right_cells(outputs, room - names_left), high)
    return tuple("".join(parts).rstrip() for parts in zip(left, spines, right, strict=True))


def _input(coin: FlowCoin, names: Mapping[str, str], amount: Callable[[int], str]) -> _Row:
    txid, _, index = coin.outpoint.partition(":")
    label = names.get(coin.outpoint) or names.get(coin.address)
    name = label or (f"{txid[:4]}…{txid[-4:]}:{index}" if txid.strip("0") else _MINED)
    return _Row(_cut(name, _INPUT_NAME[1]), coin.owner, _written(coin.sats, amount))


def _output(coin: FlowCoin, names: Mapping[str, str], amount: Callable[[int], str]) -> _Row:
    name = names.get(coin.address) or coin.address or (_SILENT if coin.owner else _DATA)
    return _Row(name, coin.owner, _written(coin.sats, amount), name == coin.address)


def _written(sats: int | None, amount: Callable[[int], str]) -> str:
    return _UNKNOWN if sats is None else amount(sats)


def _folded(
    rows: list[_Row], coins: Sequence[FlowCoin], amount: Callable[[int], str]
) -> list[_Row]:
    """At most MOST_ROWS; the last of them may stand for all the others."""
    if len(rows) <= MOST_ROWS:
        return rows
    folded = coins[MOST_ROWS - 1 :]
    amounts = [coin.sats for coin in folded]
    sats = None if None in amounts else sum(coin.sats or 0 for coin in folded)
    owners = {coin.owner for coin in folded}
    owner = owners.pop() if len(owners) == 1 else ""
    return [*rows[: MOST_ROWS - 1], _Row(f"{len(folded)} more", owner, _written(sats, amount))]


def _left_cells(rows: Sequence[_Row], names: int) -> list[str]:
    owner, amount = _widths(rows)
    return [
        f"{_cut(row.name, names):<{names}}  {row.owner:<{owner}} {row.amount:>{amount}} "
        for row in rows
    ]


def _right_cells(rows: Sequence[_Row], names: int) -> list[str]:
    owner, amount = _widths(rows)
    return [
        f" {row.amount:>{amount}}  {row.owner:<{owner}}  "
        f"{_cut(row.name, names, _TAIL if row.is_address else 0)}"
        for row in rows
    ]


def _needed(rows: Sequence[_Row]) -> int:
    """Columns of one side without the names."""
    return sum(_widths(rows)) + 5


def _widths(rows: Sequence[_Row]) -> tuple[int, int]:
    return max(len(row.owner) for row in rows), max(len(row.amount) for row in rows)


def _centred(cells: list[str], high: int) -> list[str]:
    wide, offset = max(map(len, cells)), (high - len(cells)) // 2
    padded = [""] * offset + cells + [""] * (high - len(cells) - offset)
    return [cell.ljust(wide) for cell in padded]


def _spines(inputs: int, outputs: int, high: int) -> list[str]:
    """The lines between the two sides; they meet in the row in the middle."""
    middle = (high - 1) // 2
    return [
        f"{_joint(row, inputs, high, left=True)}"
        f"{('─' if row == middle else ' ') * _BRIDGE}"
        f"{_joint(row, outputs, high, left=False)}"
        for row in range(high)
    ]


def _joint(row: int, count: int, high: int, *, left: bool) -> str:
    """Two columns: the line to a coin, and what goes up and down."""
    first = (high - count) // 2
    last, outward = first + count - 1, first <= row <= first + count - 1
    bridged = row == (high - 1) // 2
    sides = (outward, bridged) if left else (bridged, outward)
    up, down = first < row <= last, first <= row < last
    joint = _LINES.get((up, down, *sides), " ")
    line = "─" if outward else " "
    return line + joint if left else joint + line


def _cut(text: str, width: int, tail: int = 0) -> str:
    """With so many letters behind the cut, where there is room for them."""
    if not text or len(text) <= width:
        return text
    tail = tail if width > 2 * tail else 0
    return f"{text[: max(width - tail - 1, 0)].rstrip()}…{text[len(text) - tail :]}"
