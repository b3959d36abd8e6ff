"""Every key there is: what is no row here does not exist. Help and footer are this table."""

from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding, BindingType


class Where(Enum):
    """Where a key works: everywhere, or while one part of the app has the keyboard."""

    EVERYWHERE = "Everywhere"
    DEVICE = "On the device"
    TYPING = "Typing on the device"
    FORM = "Writing a payment"
    BILL = "Looking at a payment"
    SENT = "Watching a payment"
    RECEIVE = "Receiving"
    NETWORK = "On the network"
    ASKING = "While the device is asked"
    LIST = "In a list"
    SHEET = "On this page"
    WELCOME = "At the first question"


@dataclass(frozen=True, slots=True)
class Row:
    """One key. `shown` is how it is written, `rank` who leaves a narrow footer first (0 stays)."""

    where: Where
    keys: str
    action: str
    shown: str
    label: str
    help: str
    rank: int = 1


E, D, T = Where.EVERYWHERE, Where.DEVICE, Where.TYPING
ROWS = (
    Row(E, "p", "turn('pay')", "p", "Pay", "Pay somebody."),
    Row(E, "r", "turn('receive')", "r", "Receive", "An address, checked on the device."),
    Row(E, "c", "turn('coins')", "c", "Coins", "The coins you can spend (UTXO)."),
    Row(E, "h", "turn('history')", "h", "History", "What came and what went."),
    Row(E, "n", "turn('network')", "n", "Network", "Stop a node, start it again."),
    Row(E, "d", "device", "d", "Device", "Give the keyboard to the device."),
    Row(E, "w", "turn('home')", "w", "Wallet", "Back to the balance.", 3),
    Row(E, "f", "faucet", "f", "Faucet", "Get coins to play with.", 3),
    Row(E, "u", "cable", "u", "Cable", "Pull the cable, or plug it in.", 3),
    Row(E, "m", "mine", "m", "Mine", "Let the miner find a block.", 4),
    Row(E, "b", "units", "b", "BTC", "Amounts in BTC, or in sats again.", 5),
    Row(E, "ctrl+p", "command_palette", "^p", "Commands", "Find all of this by name.", 2),
    Row(E, "question_mark", "explain", "?", "Help", "All keys on one page.", 0),
    Row(E, "q,ctrl+q", "quit", "q", "Quit", "End the app and what it started.", 0),
    Row(E, "tab", "next", "tab", "Next", "The next field, or the other panel.", 6),
    Row(E, "shift+tab", "previous", "⇧tab", "Before", "The one before it.", 6),
    Row(D, "enter", "press('ok')", "enter", "✓", "Press ✓.", 0),
    Row(D, "space", "press('hold')", "space", "hold ✓", "Hold ✓ down, as a warning asks.", 0),
    Row(D, "left,up", "press('left')", "←", "◂", "Press ◂.", 0),
    Row(D, "right,down", "press('right')", "→", "▸", "Press ▸.", 0),
    Row(D, "escape,x", "press('stop')", "esc", "✗", "Press ✗.", 0),
    Row(D, "tab", "next", "tab", "Wallet", "Take the keyboard from it.", 0),
    Row(T, "enter", "press('ok')", "enter", "✓", "Take what ◂ and ▸ point at.", 0),
    Row(T, "left,up", "press('left')", "←", "◂", "Press ◂.", 0),
    Row(T, "right,down", "press('right')", "→", "▸", "Press ▸.", 0),
    Row(T, "escape", "press('stop')", "esc", "✗", "Press ✗.", 0),
    Row(T, "tab", "next", "tab", "Wallet", "Letters are keys again.", 0),
    Row(Where.FORM, "enter", "look", "enter", "Look at it", "See fee and change first.", 0),
    Row(Where.FORM, "tab", "next", "tab", "Next field", "The next field.", 0),
    Row(Where.FORM, "escape", "leave", "esc", "Leave it", "Nothing is paid.", 0),
    Row(Where.FORM, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    Row(Where.BILL, "enter", "go_on", "enter", "Go on", "Ask the device, or try again.", 0),
    Row(Where.BILL, "escape", "leave", "esc", "Leave it", "Nothing is paid.", 0),
    Row(Where.ASKING, "escape", "leave", "esc", "Stop waiting", "Nothing more is asked.", 0),
    Row(Where.SENT, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    Row(Where.SENT, "m", "mine", "m", "Mine", "Let the miner find a block.", 0),
    Row(Where.RECEIVE, "v,enter", "verify", "v", "Check on device", "Let the device show it.", 0),
    Row(Where.RECEIVE, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    Row(Where.LIST, "up", "up", "↑", "Up", "One line up.", 2),
    Row(Where.LIST, "down", "down", "↓", "Down", "One line down.", 2),
    Row(Where.LIST, "pageup", "page_up", "pgup", "Page up", "One page up.", 6),
    Row(Where.LIST, "pagedown,space", "page_down", "space", "Page", "One page down.", 2),
    Row(Where.LIST, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    Row(Where.NETWORK, "up", "pick(-1)", "↑", "Up", "The node above.", 2),
    Row(Where.NETWORK, "down", "pick(1)", "↓", "Down", "The node below.", 2),
    Row(Where.NETWORK, "k,enter", "switch", "k", "Stop or start it", "This node only.", 0),
    Row(Where.NETWORK, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    Row(Where.SHEET, "up", "up", "↑", "Up", "One line up.", 1),
    Row(Where.SHEET, "down", "down", "↓", "Down", "One line down.", 1),
    Row(Where.SHEET, "escape,q,question_mark", "leave", "esc", "Close", "Close this page.", 0),
    Row(Where.WELCOME, "up", "step(-1)", "↑", "Up", "The answer above.", 0),
    Row(Where.WELCOME, "down", "step(1)", "↓", "Down", "The answer below.", 0),
    Row(Where.WELCOME, "enter", "choose", "enter", "Choose", "This answer.", 0),
    Row(Where.WELCOME, "q,ctrl+q,escape", "app.quit", "q", "Quit", "End the app.", 0),
)
# A field keeps what is typed next, so these are acted on before the field is told of them.
FIRST = ("tab", "shift+tab")


def rows(where: Where) -> tuple[Row, ...]:
    """The rows of one place, in the order they are shown."""
    return tuple(row for row in ROWS if row.where is where)


def bindings(where: Where) -> list[BindingType]:
    """The same rows as Textual wants them."""
    return [
        Binding(row.keys, row.action, row.label, show=False, priority=row.keys in FIRST)
        for row in rows(where)
        if where is E or row.keys not in FIRST
    ]


# Where letters are typed, or a sheet lies over it all, the keys that work everywhere do not.
ALONE = (Where.FORM, Where.TYPING, Where.SHEET, Where.WELCOME)


def footer(where: Where) -> tuple[Row, ...]:
    """What the footer offers to whoever has the keyboard in this place."""
    own = rows(where) if where is not Where.EVERYWHERE else ()
    if where in ALONE:
        return own
    taken = {key for row in own for key in row.keys.split(",")}
    return own + tuple(r for r in rows(E) if not taken & set(r.keys.split(",")))


def fitting(offered: tuple[Row, ...], width: int) -> tuple[Row, ...]:
    """The rows that fit one line of `width` columns: the highest rank leaves first."""
    kept = list(offered)
    while sum(len(r.shown) + len(r.label) + 3 for r in kept) - 2 > width:
        kept.remove(max(reversed(kept), key=lambda row: row.rank))
    return tuple(kept)
