"""Payment requests as links: bitcoin:ADDRESS?amount=... (BIP21, BIP321)."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from host.config import BECH32_HRP
from host.payees.amounts import MAX_SATS, SATS_PER_BTC
from host.payees.cleaning import joined, one_line
from host.payees.errors import PayeeError
from signer.formats import silent_address

SCHEME = "bitcoin:"
MOST_PARAMETERS = 64
_AMOUNT = re.compile(r"[0-9]{0,8}(\.[0-9]{0,8}0*)?", re.ASCII)
_ONCE = ("amount", "label", "message", "pop")
# Payment instructions beside the address that this wallet does not follow.
_OTHER_WAYS = {
    "lightning": "Lightning",
    "lno": "a Lightning offer",
    "pj": "payjoin",
    "pay": "another way to pay",
    **dict.fromkeys(silent_address.PREFIXES.values(), "silent payments"),
}
_QUIET = ("label", "message", "amount", "pjos", "time", "exp")
_AGAIN = "Ask for a new one, or for the address alone."


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """What a link says. `addresses` are not read yet; `notes` say what was left aside."""

    addresses: tuple[str, ...]
    sats: int | None
    label: str
    message: str
    notes: tuple[str, ...]


def write_link(address: str, sats: int | None = None, label: str = "") -> str:
    """A request to be paid (BIP21); the address alone when there is nothing else to say."""
    amount = "" if sats is None else f"{sats // SATS_PER_BTC}.{sats % SATS_PER_BTC:08}"
    # A dot at the end of a link is taken for that of the sentence around it.
    text = quote(label, safe="").replace(".", "%2E")
    parts = (("amount", amount.rstrip("0").rstrip(".")), ("label", text))
    query = "&".join(f"{key}={value}" for key, value in parts if value)
    return f"{SCHEME}{address}?{query}" if query else address


def is_link(text: str) -> bool:
    return text[: len(SCHEME)].lower() == SCHEME


def read_link(text: str, network: str) -> PaymentLink:
    """The parts of a link. Raises PayeeError: broken, or it needs what nobody here knows."""
    path, _, query = text[len(SCHEME) :].partition("?")
    path = joined(path).lstrip("/")
    parameters = _parameters(query)
    for key in parameters:
        if key.startswith("req-"):
            # BIP21, Forward compatibility: the whole request is invalid then.
            raise PayeeError(f"This request needs {key[:40]}, which is not known here.", _AGAIN)
    addresses = [path] if path else []
    addresses += map(joined, parameters.get(BECH32_HRP[network], ()))
    if not addresses:
        # Nothing but a silent address is paid to that; beside another it is left aside.
        addresses += map(joined, parameters.pop(silent_address.PREFIXES[network], ()))
    if not addresses:
        raise _no_address(parameters, network)
    sats = _amount(parameters["amount"][0]) if "amount" in parameters else None
    label, message = (one_line(parameters.get(key, [""])[0]) for key in ("label", "message"))
    return PaymentLink(tuple(addresses), sats, label, message, _notes(parameters, network))


def _parameters(query: str) -> dict[str, list[str]]:
    """Values by key. A plus is a plus: only percent signs encode (RFC 3986, as BIP21 says)."""
    parts = [part for part in query.split("&") if part.strip()]
    if len(parts) > MOST_PARAMETERS:
        raise PayeeError("This request has too many parts.", _AGAIN)
    parameters: dict[str, list[str]] = {}
    for part in parts:
        key, _, value = part.partition("=")
        parameters.setdefault(_decoded(key).strip().lower(), []).append(_decoded(value))
    for key in _ONCE:
        if len(set(parameters.get(key, []))) > 1:
            raise PayeeError(f"This request says two different things as its {key}.", _AGAIN)
    return parameters


def _decoded(text: str) -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise PayeeError("This request is cut off or damaged: a % stands alone.", _AGAIN)
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError as error:
        raise PayeeError("This request holds text that cannot be read.", _AGAIN) from error


def _amount(text: str) -> int:
    """BTC in decimals (BIP21, Transfer amount), in sats."""
    text = text.strip()
    if not _AMOUNT.fullmatch(text) or not text.strip("."):
        raise PayeeError("The amount in this request cannot be read.", _AGAIN)
    whole, _, fraction = text.partition(".")
    sats = int(whole or "0") * SATS_PER_BTC + int(fraction[:8].ljust(8, "0"))
    if not 0 < sats <= MAX_SATS:
        raise PayeeError("The amount in this request is none that can be paid.", _AGAIN)
    return sats


def _no_address(parameters: dict[str, list[str]], network: str) -> PayeeError:
    for name, hrp in BECH32_HRP.items():
        if {hrp, silent_address.PREFIXES[name]} & parameters.keys():
            return PayeeError(
                f"This request is for {name}, and this wallet is on {network}.",
                "Ask for a request of the same network.",
            )
    ways = sorted({title for key, title in _OTHER_WAYS.items() if key in parameters})
    if ways:
        return PayeeError(
            f"This request can be paid by {' or '.join(ways)} only.", "Ask for an address."
        )
    return PayeeError("There is no address in this request.", _AGAIN)


def _notes(parameters: dict[str, list[str]], network: str) -> tuple[str, ...]:
    ways = sorted({title for key, title in _OTHER_WAYS.items() if key in parameters})
    notes = [f"The request also offers {way}; it is paid on the chain." for way in ways]
    if "pop" in parameters:
        notes.append("The request asks for a proof of payment; none is sent.")
    known = {*_OTHER_WAYS, *_QUIET, *BECH32_HRP.values(), "pop"}
    strange_prefixes = [hrp for hrp in BECH32_HRP.values() if hrp != BECH32_HRP[network]]
    if any(hrp in parameters for hrp in strange_prefixes):
        notes.append("The request has an address of another network; it is left aside.")
    unknown = [key[:20] for key in parameters if key and key not in known]
    if unknown:
        notes.append(f"Not known here and left aside: {', '.join(unknown[:5])}.")
    return tuple(notes)
