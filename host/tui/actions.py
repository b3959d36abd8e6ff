"""Every key there is: what is no row here does not exist. Help and footer are this table."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding, BindingType

from host.session.state import AppState


class Needs(Enum):
    """What not every session has (host.session.api), or not every payment."""

    NOTHING = ""
    PANEL = "panel"
    PLAYGROUND = "playground"
    REPLACING = "replacing"  # the payment that is looked at can be replaced
    GIVING_UP = "giving up"
    LIFTING = "its coin can be spent"
    SENDING_AGAIN = "it is one's own"
    ATTACKS = "attacks"
    WALLETS = "wallets with names"
    HANDED_ON = "others may have it"
    PATHS = "several spending paths"
    UNSENT = "it is not sent yet"
    SIGNERS = "several signers"
    UNASKED = "a signer that cannot be asked"
    SECOND_FIELD = "two lines to fill"


class KeyPlace(Enum):
    """Where a key works: everywhere, or while one part of the app has the keyboard."""

    EVERYWHERE = "Everywhere"
    HOME = "Looking at the wallet"
    DEVICE = "On the device"
    REVIEW = "When the device asks for a yes"
    TYPING = "Typing on the device"
    FORM = "Writing a payment"
    DRAFT = "Looking at a payment"
    SENT = "Watching a payment"
    RECEIVE = "Receiving"
    NETWORK = "On the network"
    ASKING = "While the device is asked"
    LIST = "In a list"
    HISTORY = "In the history"
    ENTRY = "Looking at a past payment"
    NOTE = "Writing something down"
    ADDRESSES = "Among the addresses"
    ENDED = "Looking at a payment that has ended"
    RATE = "Choosing another fee"
    COINS = "Among the coins"
    ATTACK = "Being lied to"
    SHEET = "On this page"
    WELCOME = "While a wallet is chosen"
    ANSWER = "While a wallet is set up"
    LEAVING = "Before leaving"
    JUMP = "While letters mark the parts"
    PATHS = "Choosing who signs"
    SWEEP = "Typing a private key"
    SWEEPING = "Looking at what a key has"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key. `sign` is how it is written, `rank` who leaves a narrow footer first (0 stays).

    `needs` is what the session must have for it.
    """

    place: KeyPlace
    keys: str
    action: str
    sign: str
    label: str
    help: str
    rank: int = 1
    needs: Needs = Needs.NOTHING


LIES = ("Address", "Fee", "Change", "Network", "Look-alike", "Defect")
JUMPS = "asdfghjkl"  # the letters of the middle row
E, D, T = KeyPlace.EVERYWHERE, KeyPlace.DEVICE, KeyPlace.TYPING
REVIEW, N, P = KeyPlace.REVIEW, KeyPlace.NETWORK, KeyPlace.ENTRY
PANEL, PLAYGROUND = Needs.PANEL, Needs.PLAYGROUND
ROWS = (
    KeyRow(E, "p", "turn('pay')", "p", "Pay", "Pay somebody."),
    KeyRow(E, "r", "turn('receive')", "r", "Receive", "An address, checked on the device."),
    KeyRow(E, "c", "turn('coins')", "c", "Coins", "The coins you can spend (UTXO)."),
    KeyRow(E, "h", "turn('history')", "h", "History", "List payments."),
    KeyRow(E, "n", "turn('network')", "n", "Network", "The newest block, nodes, bad peers."),
    KeyRow(E, "t", "turn('trends')", "t", "Trends", "Balance over time, coin ages, fees.", 3),
    KeyRow(E, "d", "device", "d", "Device", "Use the device.", needs=PANEL),
    KeyRow(E, "w", "turn('home')", "w", "Wallet", "Back to the balance.", 3),
    KeyRow(E, "o", "wallets", "o", "Open", "Open another wallet.", 3, needs=Needs.WALLETS),
    KeyRow(E, "e", "turn('addresses')", "e", "Addresses", "Which were given to whom.", 5),
    KeyRow(E, "i", "turn('contacts')", "i", "Contacts", "Who is paid again, by name.", 5),
    KeyRow(E, "s", "turn('sweep')", "s", "Sweep", "Bring in the coins of a private key.", 6),
    KeyRow(E, "f", "faucet", "f", "Faucet", "Get coins to play with.", 3, needs=PLAYGROUND),
    KeyRow(E, "a", "turn('attack')", "a", "Lies", "A lying wallet.", 0, needs=Needs.ATTACKS),
    KeyRow(E, "u", "cable", "u", "Cable", "Pull the cable, or plug it in.", 3),
    KeyRow(E, "m", "mine", "m", "Mine", "Let the miner find a block.", 4, needs=PLAYGROUND),
    KeyRow(E, "b", "units", "b", "BTC", "Amounts in BTC, or in sats again.", 5),
    KeyRow(E, "ctrl+y", "copy_text", "^y", "Copy text", "What ▸ says, also an error.", 6),
    KeyRow(E, "ctrl+p", "command_palette", "^p", "Commands", "Find all of this by name.", 2),
    KeyRow(E, "ctrl+g", "jump", "^g", "Jump", "A letter on each part: go there.", 6),
    KeyRow(E, "question_mark", "explain", "?", "Help", "Keys, and what the words mean.", 0),
    KeyRow(E, "q,ctrl+q,ctrl+c", "quit", "q", "Quit", "End the app and what it started.", 0),
    KeyRow(E, "tab", "next", "tab", "Next", "The next field, or the other panel.", 6),
    KeyRow(E, "shift+tab", "previous", "⇧tab", "Before", "The one before it.", 6),
    KeyRow(KeyPlace.HOME, "y", "copy", "y", "Copy", "The wallet's descriptor: no secret.", 4),
    KeyRow(D, "enter,space", "press('ok')", "enter", "✓", "Press ✓; hold space to hold it.", 0),
    KeyRow(D, "left,up", "press('left')", "←", "◂", "Press ◂.", 0),
    KeyRow(D, "right,down", "press('right')", "→", "▸", "Press ▸.", 0),
    KeyRow(D, "escape", "press('stop')", "esc", "✗", "Press ✗.", 0),
    KeyRow(D, "tab", "next", "tab", "Wallet", "Back to the wallet.", 0),
    # Another key than the wallet's enter: leaning on the key that asks must not say yes.
    KeyRow(REVIEW, "space", "press('ok')", "space", "✓", "Press ✓; keep it down to hold ✓.", 0),
    KeyRow(REVIEW, "left,up", "press('left')", "←", "◂", "Press ◂.", 0),
    KeyRow(REVIEW, "right,down", "press('right')", "→", "▸", "Press ▸.", 0),
    KeyRow(REVIEW, "escape", "press('stop')", "esc", "✗", "Press ✗: no.", 0),
    KeyRow(REVIEW, "tab", "next", "tab", "Wallet", "Back to the wallet.", 0),
    KeyRow(T, "enter", "press('ok')", "enter", "✓", "Take what ◂ and ▸ point at.", 0),
    KeyRow(T, "left,up", "press('left')", "←", "◂", "Press ◂.", 0),
    KeyRow(T, "right,down", "press('right')", "→", "▸", "Press ▸.", 0),
    KeyRow(T, "escape", "press('stop')", "esc", "✗", "Press ✗.", 0),
    KeyRow(T, "tab", "next", "tab", "Wallet", "Back to the wallet.", 0),
    KeyRow(KeyPlace.FORM, "enter", "look", "enter", "Look at it", "See fee and change first.", 0),
    KeyRow(KeyPlace.FORM, "ctrl+n", "add", "^n", "One more", "Pay another one with it.", 0),
    KeyRow(KeyPlace.FORM, "ctrl+z", "remove", "^z", "Take back", "Without the last one.", 3),
    KeyRow(KeyPlace.FORM, "ctrl+t", "paths", "^t", "Path", "Who signs, and when.", 0, Needs.PATHS),
    KeyRow(KeyPlace.FORM, "tab", "next", "tab", "Next field", "The next field.", 0),
    KeyRow(KeyPlace.FORM, "escape", "leave", "esc", "Leave it", "Nothing is paid.", 0),
    KeyRow(KeyPlace.FORM, "ctrl+y", "copy_text", "^y", "Copy text", "What ▸ says.", 6),
    KeyRow(KeyPlace.FORM, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    KeyRow(KeyPlace.DRAFT, "enter", "resume", "enter", "Go on", "Ask the device, or try again.", 0),
    KeyRow(KeyPlace.DRAFT, "y", "copy", "y", "Copy", "PSBT, or txid once it is signed.", 2),
    KeyRow(
        KeyPlace.DRAFT,
        "x",
        "end",
        "x",
        "Give up",
        "The next takes a coin of it.",
        0,
        Needs.HANDED_ON,
    ),
    KeyRow(KeyPlace.DRAFT, "escape", "leave", "esc", "Leave it", "Nothing is paid.", 0),
    *(
        KeyRow(place, key, key, sign, label, f"One line {key}.", 6)
        for place in (KeyPlace.DRAFT, KeyPlace.SENT)
        for key, sign, label in (("up", "↑", "Up"), ("down", "↓", "Down"))
    ),
    KeyRow(KeyPlace.ASKING, "escape", "leave", "esc", "Stop waiting", "Nothing more is asked.", 0),
    KeyRow(KeyPlace.SENT, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    KeyRow(KeyPlace.SENT, "y", "copy", "y", "Copy", "Its txid, into the clipboard.", 4),
    KeyRow(
        KeyPlace.SENT, "m", "mine", "m", "Mine", "Let the miner find a block.", 0, needs=PLAYGROUND
    ),
    KeyRow(
        KeyPlace.RECEIVE, "v,enter", "verify", "v", "Check on device", "Let the device show it.", 0
    ),
    KeyRow(KeyPlace.RECEIVE, "g", "read(True)", "g", "Same there", "On it.", 0, Needs.UNASKED),
    KeyRow(KeyPlace.RECEIVE, "x", "read(False)", "x", "Not there", "Alarm.", 0, Needs.UNASKED),
    KeyRow(KeyPlace.RECEIVE, "up", "pick(-1)", "↑", "Up", "Signer above.", 2, Needs.SIGNERS),
    KeyRow(KeyPlace.RECEIVE, "down", "pick(1)", "↓", "Down", "Signer below.", 2, Needs.SIGNERS),
    KeyRow(KeyPlace.RECEIVE, "n", "another", "n", "New address", "Another one to be paid at.", 0),
    KeyRow(KeyPlace.RECEIVE, "a", "ask", "a", "Ask for", "An amount, and what for.", 1),
    KeyRow(KeyPlace.RECEIVE, "y", "copy", "y", "Copy", "Into the clipboard.", 1),
    KeyRow(KeyPlace.RECEIVE, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    KeyRow(KeyPlace.LIST, "up", "up", "↑", "Up", "One line up.", 2),
    KeyRow(KeyPlace.LIST, "down", "down", "↓", "Down", "One line down.", 2),
    KeyRow(KeyPlace.LIST, "pageup", "page_up", "pgup", "Page up", "One page up.", 6),
    KeyRow(KeyPlace.LIST, "pagedown,space", "page_down", "space", "Page", "One page down.", 2),
    KeyRow(KeyPlace.LIST, "y", "copy", "y", "Copy", "What the plots say.", 4),
    KeyRow(KeyPlace.LIST, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    KeyRow(KeyPlace.COINS, "up", "pick(-1)", "↑", "Up", "The coin above.", 2),
    KeyRow(KeyPlace.COINS, "down", "pick(1)", "↓", "Down", "The coin below.", 2),
    KeyRow(KeyPlace.COINS, "pageup", "pick(-5)", "pgup", "Page up", "Five coins up.", 6),
    KeyRow(KeyPlace.COINS, "pagedown", "pick(5)", "pgdn", "Page down", "Five coins down.", 6),
    KeyRow(KeyPlace.COINS, "space", "choose", "space", "Choose", "For the next payment.", 0),
    KeyRow(KeyPlace.COINS, "z", "freeze", "z", "Freeze", "Spend it never, or again.", 0),
    KeyRow(KeyPlace.COINS, "l", "label", "l", "Label", "Write what it is for.", 1),
    KeyRow(KeyPlace.COINS, "y", "copy", "y", "Copy", "Its name, into the clipboard.", 4),
    KeyRow(KeyPlace.COINS, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    KeyRow(KeyPlace.HISTORY, "up", "pick(-1)", "↑", "Up", "The payment above.", 2),
    KeyRow(KeyPlace.HISTORY, "down", "pick(1)", "↓", "Down", "The payment below.", 2),
    KeyRow(KeyPlace.HISTORY, "enter", "open", "enter", "Open", "All that is known of it.", 0),
    KeyRow(KeyPlace.HISTORY, "pageup", "pick(-10)", "pgup", "Page up", "Ten lines up.", 6),
    KeyRow(KeyPlace.HISTORY, "pagedown,space", "pick(10)", "space", "Page", "Ten lines down.", 2),
    KeyRow(KeyPlace.HISTORY, "y", "copy", "y", "Copy", "Its txid, into the clipboard.", 4),
    KeyRow(KeyPlace.HISTORY, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    KeyRow(P, "plus", "bump", "+", "Raise fee", "It takes its place.", 0, Needs.REPLACING),
    KeyRow(P, "x", "call_off", "x", "Call off", "Its coins back to you.", 0, Needs.REPLACING),
    KeyRow(P, "g", "give_up", "g", "Give up", "Send it no more.", 0, Needs.GIVING_UP),
    KeyRow(P, "s", "send_again", "s", "Send again", "Peers may forget it.", 0, Needs.SENDING_AGAIN),
    KeyRow(P, "v", "lift", "v", "Lift", "Spend its coin at a fee for both.", 0, Needs.LIFTING),
    KeyRow(P, "k", "contact", "k", "Keep contact", "Pay them by name again.", 4),
    KeyRow(P, "l", "label", "l", "Label", "Write what it was for.", 1),
    KeyRow(P, "y", "copy", "y", "Copy", "Its txid, into the clipboard.", 4),
    KeyRow(P, "up", "up", "↑", "Up", "One line up.", 6),
    KeyRow(P, "down", "down", "↓", "Down", "One line down.", 6),
    KeyRow(P, "escape", "leave", "esc", "Back", "Back to the history.", 0),
    KeyRow(KeyPlace.ENDED, "k", "contact", "k", "Keep contact", "Pay them by name again.", 4),
    KeyRow(KeyPlace.ENDED, "l", "label", "l", "Label", "Write what it was for.", 1),
    KeyRow(KeyPlace.ENDED, "y", "copy", "y", "Copy", "Its txid, into the clipboard.", 4),
    KeyRow(KeyPlace.ENDED, "up", "up", "↑", "Up", "One line up.", 6),
    KeyRow(KeyPlace.ENDED, "down", "down", "↓", "Down", "One line down.", 6),
    KeyRow(KeyPlace.ENDED, "escape", "leave", "esc", "Back", "Back to the history.", 0),
    KeyRow(KeyPlace.NOTE, "enter", "keep", "enter", "Keep it", "Write it down.", 0),
    KeyRow(KeyPlace.NOTE, "tab", "next", "tab", "Next field", "The next field.", 1),
    KeyRow(KeyPlace.NOTE, "escape", "leave", "esc", "Leave it", "Nothing is changed.", 0),
    KeyRow(
        KeyPlace.NOTE, "ctrl+y", "copy_text", "^y", "Copy text", "An address, or what ▸ says.", 6
    ),
    KeyRow(KeyPlace.NOTE, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    KeyRow(KeyPlace.ADDRESSES, "enter", "find", "enter", "Find", "Whose address it is.", 0),
    KeyRow(KeyPlace.ADDRESSES, "up", "pick(-1)", "↑", "Up", "The address above.", 1),
    KeyRow(KeyPlace.ADDRESSES, "down", "pick(1)", "↓", "Down", "The address below.", 1),
    KeyRow(KeyPlace.ADDRESSES, "ctrl+y", "copy", "^y", "Copy", "The address at ▸.", 1),
    KeyRow(KeyPlace.ADDRESSES, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    KeyRow(KeyPlace.ADDRESSES, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    KeyRow(KeyPlace.RATE, "enter", "look", "enter", "Look at it", "See the new fee first.", 0),
    KeyRow(KeyPlace.RATE, "escape", "leave", "esc", "Leave it", "Nothing is changed.", 0),
    KeyRow(KeyPlace.RATE, "ctrl+y", "copy", "^y", "Copy", "The txid.", 6),
    KeyRow(KeyPlace.RATE, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    KeyRow(N, "up", "pick(-1)", "↑", "Up", "The node above.", 2, needs=PLAYGROUND),
    KeyRow(N, "down", "pick(1)", "↓", "Down", "The node below.", 2, needs=PLAYGROUND),
    KeyRow(N, "k,enter", "switch", "k", "Stop or start it", "This node only.", 0, needs=PLAYGROUND),
    KeyRow(N, "x", "proxy", "x", "Proxy", "Through Tor, or not.", 0, needs=Needs.WALLETS),
    KeyRow(N, "y", "copy", "y", "Copy", "Its newest block's hash.", 4, needs=PLAYGROUND),
    KeyRow(N, "escape", "leave", "esc", "Back", "Back to the balance.", 0),
    *(
        KeyRow(
            KeyPlace.ATTACK,
            str(number),
            f"lie({number})",
            str(number),
            lie,
            f"{lie}.",
            2,
            Needs.ATTACKS,
        )
        for number, lie in enumerate(LIES, 1)
    ),
    KeyRow(KeyPlace.ATTACK, "enter", "ask", "enter", "Ask", "The device.", 0, Needs.ATTACKS),
    KeyRow(KeyPlace.ATTACK, "escape", "leave", "esc", "Back", "Back.", 0, Needs.ATTACKS),
    KeyRow(KeyPlace.SHEET, "up", "up", "↑", "Up", "One line up.", 1),
    KeyRow(KeyPlace.SHEET, "down", "down", "↓", "Down", "One line down.", 1),
    KeyRow(
        KeyPlace.SHEET, "escape,q,question_mark", "leave", "esc", "Close", "Close this page.", 0
    ),
    KeyRow(KeyPlace.PATHS, "up", "pick(-1)", "↑", "Up", "The path above.", 0, Needs.PATHS),
    KeyRow(KeyPlace.PATHS, "down", "pick(1)", "↓", "Down", "The path below.", 0, Needs.PATHS),
    KeyRow(
        KeyPlace.PATHS, "enter", "choose", "enter", "Choose", "Pay on this path.", 0, Needs.PATHS
    ),
    KeyRow(
        KeyPlace.PATHS, "escape", "leave", "esc", "Leave it", "Nothing is changed.", 0, Needs.PATHS
    ),
    KeyRow(KeyPlace.SWEEP, "enter", "look", "enter", "Look", "See what the key has.", 0),
    KeyRow(KeyPlace.SWEEP, "tab", "next", "tab", "Next field", "The next field.", 1),
    KeyRow(KeyPlace.SWEEP, "escape", "leave", "esc", "Leave it", "The key is forgotten.", 0),
    KeyRow(KeyPlace.SWEEP, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    KeyRow(
        KeyPlace.SWEEPING,
        "enter",
        "send",
        "enter",
        "Send",
        "Its coins come to you.",
        0,
        Needs.UNSENT,
    ),
    KeyRow(KeyPlace.SWEEPING, "escape", "leave", "esc", "Back", "The key is forgotten.", 0),
    KeyRow(KeyPlace.SWEEPING, "ctrl+q", "quit", "^q", "Quit", "End the app.", 1),
    KeyRow(KeyPlace.WELCOME, "up", "step(-1)", "↑", "Up", "The answer above.", 0),
    KeyRow(KeyPlace.WELCOME, "down", "step(1)", "↓", "Down", "The answer below.", 0),
    KeyRow(KeyPlace.WELCOME, "enter", "choose", "enter", "Choose", "This answer.", 0),
    KeyRow(KeyPlace.WELCOME, "escape", "back", "esc", "Back", "The question before.", 0),
    KeyRow(KeyPlace.WELCOME, "q,ctrl+q", "app.quit", "q", "Quit", "End the app.", 0),
    KeyRow(KeyPlace.ANSWER, "enter", "choose", "enter", "Go on", "Take what is typed.", 0),
    KeyRow(KeyPlace.ANSWER, "tab", "next", "tab", "Proxy", "The way there.", 0, Needs.SECOND_FIELD),
    KeyRow(KeyPlace.ANSWER, "escape", "back", "esc", "Back", "The question before.", 0),
    KeyRow(KeyPlace.ANSWER, "ctrl+q", "app.quit", "^q", "Quit", "End the app.", 0),
    *(
        KeyRow(KeyPlace.JUMP, letter, f"jump({place})", letter, "Go", "To the part it marks.", 6)
        for place, letter in enumerate(JUMPS)
    ),
    KeyRow(KeyPlace.JUMP, "escape", "leave", "esc", "Stay", "Where you are.", 0),
    # No letter: one that was typed for something else must not end it all.
    KeyRow(KeyPlace.LEAVING, "ctrl+q,ctrl+c", "end", "^q", "Leave", "End the app all the same.", 0),
    KeyRow(KeyPlace.LEAVING, "escape", "leave", "esc", "Stay", "Go on.", 0),
)
# A field keeps what is typed next, so these are acted on before the field is told of them.
FIRST = ("tab", "shift+tab")


def rows(place: KeyPlace, missing: Collection[Needs] = ()) -> tuple[KeyRow, ...]:
    """The rows of one place in their order, without those that need what is missing."""
    return tuple(row for row in ROWS if row.place is place and row.needs not in missing)


def action(place: KeyPlace, key: str) -> str:
    """What a key does in this place alone; "" for nothing."""
    return next((row.action for row in rows(place) if key in row.keys.split(",")), "")


def missing(state: AppState) -> frozenset[Needs]:
    """What this session does not have."""
    parts = {
        Needs.PANEL: state.panel,
        Needs.PLAYGROUND: state.playground,
        Needs.ATTACKS: state.attack is not None,
        Needs.WALLETS: state.wallets,
        Needs.PATHS: state.wallet is not None and bool(state.wallet.paths),
        Needs.SIGNERS: _is_shared(state),
        Needs.UNASKED: _is_shared(state) or state.link == "qr",
    }
    return frozenset(need for need, there in parts.items() if not there)


def _is_shared(state: AppState) -> bool:
    return state.wallet is not None and len(state.wallet.signers) > 1


def bindings(place: KeyPlace) -> list[BindingType]:
    """The same rows as Textual wants them."""
    return [
        Binding(row.keys, row.action, row.label, show=False, priority=row.keys in FIRST)
        for row in rows(place)
        if place is E or row.keys not in FIRST
    ]


# Where letters are typed, or a sheet lies over it all, the keys that work everywhere do not.
# While the device has the keyboard they do not either: a letter meant for it is no command here.
ALONE = (
    KeyPlace.FORM,
    KeyPlace.RATE,
    KeyPlace.NOTE,
    KeyPlace.ADDRESSES,
    KeyPlace.DEVICE,
    KeyPlace.REVIEW,
    KeyPlace.TYPING,
    KeyPlace.SHEET,
    KeyPlace.WELCOME,
    KeyPlace.ANSWER,
    KeyPlace.LEAVING,
    KeyPlace.JUMP,
    KeyPlace.PATHS,
    KeyPlace.SWEEP,
    KeyPlace.SWEEPING,
)


def footer(place: KeyPlace, missing: Collection[Needs] = ()) -> tuple[KeyRow, ...]:
    """What the footer offers to whoever has the keyboard in this place."""
    local = rows(place, missing) if place is not KeyPlace.EVERYWHERE else ()
    if place in ALONE:
        return local
    bound = {key for row in local for key in row.keys.split(",")}
    return local + tuple(row for row in rows(E, missing) if not bound & set(row.keys.split(",")))


def fitting(offered: tuple[KeyRow, ...], width: int) -> tuple[KeyRow, ...]:
    """The rows that fit one line of `width` columns: the highest rank leaves first."""
    remaining = list(offered)
    while sum(len(row.sign) + len(row.label) + 3 for row in remaining) - 2 > width:
        remaining.remove(max(reversed(remaining), key=lambda row: row.rank))
    return tuple(remaining)
