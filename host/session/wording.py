"""Numbers and addresses as a person reads them, and the sentences more than one screen says."""

from collections.abc import Sequence

from host.config import GAP
from host.values import Acceptance, Draft, GivenAddress, NetworkView, Propagation, Signatures

THIN = "\N{NO-BREAK SPACE}"  # groups digits and never wraps
USUAL_FEE_SHARE = 0.05  # of what is paid; above it the fee is called more than usual
SATS_PER_BTC = 100_000_000
OTHERS_GAP = 20  # BIP44: behind so many unused addresses in a row, others look for no coin
STALE_S = 2 * 3_600  # blocks are farther apart once in some 160 000

NEW_DEVICE = "The device is new. Press d and choose New wallet on it."
LOCKED_DEVICE = "The device is locked. Press d and unlock it with its PIN."
NO_SEED = (
    "The device has no seed. Nothing was paid."
    " Press d, and restore yours or choose New wallet on it."
)
NO_COINS = "There are no coins yet. Press r for an address to be paid at."
NO_PLAY_COINS = "There are no coins yet. Press f to get some from the faucet."
READY = "Press p to pay, r to receive."
WAITS_FOR_BLOCK = "The payment waits for a block."
MINED_SOON = "The payment waits for a block. Press m to let the miner find one now."
LEFT_OVER = "A payment was left half way. Press p to go on with it."
PULLED = "The cable is not plugged in. Press u to plug it in."
PLUGGED_AGAIN = "The cable is plugged in again. Nothing was paid meanwhile."
UNPAIRED = "There is no wallet yet. Pull the cable with u, plug it in again, and it is made."
PAIRING = "Reading the public key of the account from the device."
FUNDING = "The faucet sends coins, the miner finds a block for them."
SEARCHING = "Looking among the addresses of this wallet."
WRITING = "Choosing coins for it."
LOOKING_FOR_COINS = "Looking for what the key has."
READING = "Reading what you pasted."
SENDING = "Giving the payment to some nodes, watching it come back from the others."
MAY_ASK_PIN = "The device may ask you to unlock it."
ASKS_PIN = "The device asks for its PIN."
ASKS_KEYS = "The wallet looks at the device. Press ✓ there and choose Show account."
ASKS_PAYMENT = (
    "The device asks you to check the payment. "
    "Compare each page with what you were given, then answer there."
)
SILENT_REVIEW = (
    "It must show the same silent payment address, letter by letter; its words cannot be compared"
    " this time, as the device alone computes the output. What it signs is checked here."
)
SILENT_COMPARE = "The silent address must be the same; the words cannot be compared."
ASKS_ADDRESS = (
    "The device shows the address it derives itself. Compare the two, then press ✓ on the device."
)
ON_ITS_SCREEN = "on its screen"
READ_THERE = "you read it there"
READS_THE_CODE = (
    "Show the device's camera the code. Press g when it says that the address is yours, x when it"
    " says no."
)
NEXT_SIGNER = (
    "Connect the next signer with u, then press enter. For one elsewhere press y, have the copy"
    " signed there, and paste the answer on the wallet's page."
)
COPIED = "Copied, with the signatures it has. Have it signed, then paste the answer on page w."
COPIED_UNSIGNED = "Copied. Have it signed elsewhere, then paste the answer on page w."
TOO_LONG_TO_COPY = (
    "The payment is too long to copy. Nothing was lost. Write it to a file: quietkey wallet pay"
    " --continue --psbt-out FILE."
)
READING_HISTORY = "Older payments are still being read."
STOPPED_WAITING = "You stopped waiting. The device cancelled it, and nothing was signed."
ONLY_ONE = "only one of the two can be in a block"
UNDER_WAY = (
    "Another payment is under way. Nothing was changed. Press p, and finish it or leave it first."
)
LOSES_SETUP = "The device is being set up, and its seed is not kept yet."
LOSES_QUESTION = "The device is asking. Its question ends, and nothing is signed."
LOSES_DRAFT = "A payment is written down, and nobody has signed it."
LEAVE_FIRST = "Finish that first, or leave with q."
KEEPS_NOTHING = (
    "This demo keeps nothing: seed, coins and payments are gone then."
    " Started with --home FOLDER, it keeps them."
)


def title(network: str) -> str:
    """The first line of every screen: real coins are called so."""
    return f"quietkey · {'bitcoin, real coins' if network == 'mainnet' else network}"


def grouped(number: int) -> str:
    """25000 -> "25 000"."""
    return f"{number:,}".replace(",", THIN)


def amount(sats: int, btc: bool = False) -> str:
    """Whole sats with their unit, or the same in BTC."""
    if not btc:
        return f"{grouped(sats)} {'sat' if abs(sats) == 1 else 'sats'}"
    sign = "-" if sats < 0 else ""
    bitcoins, remainder = divmod(abs(sats), SATS_PER_BTC)
    return f"{sign}{bitcoins}.{remainder:08d} BTC"


def share(part: int, total: int) -> str:
    """A share in percent with one digit, "under 0.1 %" when it is less."""
    if total <= 0:
        return "all"
    percent = 100 * part / total
    return f"{percent:.1f} %" if percent >= 0.1 or part == 0 else "under 0.1 %"


def rate(sats_per_vbyte: float) -> str:
    return f"{sats_per_vbyte:g} sat/vB"


def fours(address: str) -> tuple[str, ...]:
    """The whole address in groups of four."""
    return tuple(address[start : start + 4] for start in range(0, len(address), 4))


def fingerprint(hex_digits: str) -> str:
    return " ".join(fours(hex_digits))


def signed_by(signatures: Signatures) -> tuple[str, str]:
    """Which keys have signed a payment, and how many more have to."""
    numbers = [f"key {place + 1} ({signatures.keys[place]})" for place in signatures.signed]
    match signatures.missing:
        case None:
            missing = "others are needed"
        case 0:
            missing = ""
        case 1:
            missing = "one more is needed"
        case count:
            missing = f"{count} more are needed"
    return ", ".join(numbers) or f"by none of {len(signatures.keys)} keys", missing


def short(txid: str) -> str:
    return f"{txid[:4]}…{txid[-4:]}"


def comes_back(draft: Draft) -> bool:
    """Whether it pays nobody but yourself, to call a payment off or to lift one."""
    request = draft.request
    return request is not None and bool(request.calls_off or request.child_of)


def fee_sentence(fee_sats: int, sats: int, of: str = "what you pay") -> str:
    """What the fee is of `sats`, and whether that is usual: "a warning has a verb"."""
    text = f"{share(fee_sats, sats)} of {of}"
    return f"{text}: more than usual" if fee_sats > USUAL_FEE_SHARE * sats else text


def since(seconds: int) -> str:
    """How long ago, in the one unit that a person would choose."""
    for unit, length_s in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := seconds // length_s) >= (2 if unit == "day" else 1):
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def gap_warning(rows: Sequence[GivenAddress]) -> str:
    """That more addresses in a row were given than other wallets look for coins behind, or ""."""
    unpaid = next((place for place, row in enumerate(rows) if row.payments), len(rows))
    if unpaid <= OTHERS_GAP:
        return ""
    return (
        f"{unpaid} addresses in a row were given out, and nobody paid to them. Other wallets look"
        f" only {OTHERS_GAP} ahead when they restore the seed, and this one {GAP} unless it is told"
        " a larger --gap."
    )


def stale_warning(view: NetworkView, network: str) -> str:
    """What to think of a newest block that is old, or "". On a devnet nobody mines by the clock."""
    if network == "regtest" or view.tip_age_s is None or view.tip_age_s <= STALE_S:
        return ""
    return (
        f"The newest block came {since(view.tip_age_s)}: either none came since, or your peers"
        " hide them. Name other peers to find out."
    )


def liars_sentence(view: NetworkView) -> str:
    """Who lied and about what, or ""."""
    liars = [f"{problem.peer}: {problem.reason}" for problem in view.problems if problem.lied]
    if not liars:
        return ""
    return (
        "Peers contradict each other, and these lied. They are not asked for a day."
        f" {' '.join(liars)}"
    )


def proof_sentence(proof: Propagation | Acceptance) -> str:
    """How far a payment has come, beside its step."""
    match proof:
        case Propagation(announced, echoed, total):
            nodes = "node" if len(announced) == 1 else "nodes"
            return f"sent to {len(announced)} {nodes}, seen by {len(echoed)} of {total}"
        case Acceptance(server):
            return f"taken by {server}"
