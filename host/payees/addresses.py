"""Addresses read strictly; what is wrong with one is said as exactly as its checksum allows."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import coincurve

from host.config import BASE58_VERSIONS, BECH32_HRP
from host.payees.errors import PayeeError
from host.payees.typos import wrong_places
from signer.errors import Malformed
from signer.formats import base58, bech32, silent_address
from signer.formats.bech32 import Checksum
from signer.formats.silent_address import SilentAddress

NETWORK_TITLES = {
    "mainnet": "the main network",
    "testnet": "a test network",
    "testnet4": "a test network",
    "signet": "a test network",
    "regtest": "a private network",
}
AGAIN = "Copy it again, whole."
_HASH_BYTES = 20
_SHORTEST_BASE58, _LONGEST_BASE58 = 25, 35
_FIRST_LETTERS = "13mn2"  # of P2PKH and P2SH, on every network
# Symbols behind the prefix: version, program and checksum of 20 and of 32 bytes.
_SHORT, _LONG = 39, 59
_SILENT = 113  # symbols, in the same way, of a silent payment address of version 0
_AROUND = 4


@dataclass(frozen=True, slots=True)
class PayeeAddress:
    """An address as the field writes it, and the script it stands for.

    A `silent` one (BIP352) stands for no script: each payment to it has another.
    """

    text: str
    script_pubkey: bytes
    silent: SilentAddress | None = None


def read_address(text: str, network: str) -> PayeeAddress:
    """The address that `text`, without white space, is on this network. Raises PayeeError."""
    _only_ascii(text)
    silent = _prefix(text, silent_address.PREFIXES.values())
    if silent is not None:
        return _silent(text, silent, network)
    hrp = _prefix(text, BECH32_HRP.values())
    if hrp is None:
        return _base58(text, network)
    if hrp != BECH32_HRP[network]:
        home = next(name for name, prefix in BECH32_HRP.items() if prefix == hrp)
        raise _of_another_network(home, network)
    return _segwit(text, hrp)


def is_silent(address: str) -> bool:
    """Whether an address that was read is a silent one (BIP352)."""
    return _prefix(address, silent_address.PREFIXES.values()) is not None


def _prefix(text: str, prefixes: Iterable[str]) -> str | None:
    """The human-readable part, when it is one of these."""
    lower = text.lower()
    return next((hrp for hrp in prefixes if lower.startswith(f"{hrp}1")), None)


def _only_ascii(text: str) -> None:
    for number, letter in enumerate(text, 1):
        if not "!" <= letter <= "~":
            name = unicodedata.name(letter, "unknown").capitalize()
            raise PayeeError(
                f"Letter {number} is no letter of an address: {letter} ({name}).", AGAIN
            )


def _silent(text: str, prefix: str, network: str) -> PayeeAddress:
    """BIP352, Address encoding. The test networks share a prefix."""
    homes = [name for name, hrp in silent_address.PREFIXES.items() if hrp == prefix]
    if network not in homes:
        raise _of_another_network(homes[0], network)
    lower = _one_case(text)
    try:
        bech32.split(lower, silent_address.MAX_LETTERS)
    except Malformed as error:
        raise _mistyped_silent(lower, prefix, network) from error
    try:
        return PayeeAddress(lower, b"", _silent_keys(lower, network))
    except (Malformed, ValueError) as error:
        reason = error if isinstance(error, Malformed) else "Its keys are no public keys."
        raise PayeeError(
            f"No letter of this silent payment address is wrong, but nobody can be paid by it."
            f" {reason}",
            "Ask for another one.",
        ) from error


def _silent_keys(text: str, network: str) -> SilentAddress:
    """Raises Malformed; ValueError for keys that are no points."""
    payee = silent_address.decode(text, network)
    for key in (payee.scan_key, payee.spend_key):
        coincurve.PublicKey(key)
    return payee


def _one_case(text: str) -> str:
    if text not in {text.lower(), text.upper()}:
        # BIP173: a decoder must not accept mixed case.
        raise PayeeError("Capital and small letters are mixed in this address.", AGAIN)
    return text.lower()


def _segwit(text: str, hrp: str) -> PayeeAddress:
    lower = _one_case(text)
    try:
        version, program = bech32.decode(hrp, lower)
    except Malformed as error:
        raise _mistyped(lower, hrp) from error
    opcode = 0x50 + version if version else 0
    return PayeeAddress(lower, bytes([opcode, len(program)]) + program)


def _mistyped(text: str, hrp: str) -> PayeeError:
    values = _symbols(text, hrp)
    if complaint := _wrong_length(values):
        return PayeeError(complaint, AGAIN)
    return _located(text, hrp, wrong_places(hrp, values, _is_segwit))


def _is_segwit(values: Sequence[int], checksum: Checksum) -> bool:
    """BIP350: a checksum of one kind for version 0, and of the other for 1 to 16."""
    return values[0] <= 16 and checksum is (Checksum.BECH32M if values[0] else Checksum.BECH32)


def _mistyped_silent(text: str, hrp: str, network: str) -> PayeeError:
    def is_silent_address(values: Sequence[int], checksum: Checksum) -> bool:
        letters = "".join(bech32.ALPHABET[value] for value in values)
        try:
            _silent_keys(f"{hrp}1{letters}", network)
        except (Malformed, ValueError):
            return False
        return checksum is Checksum.BECH32M

    values = _symbols(text, hrp)
    if len(values) < _SILENT or (values[0] == 0 and len(values) > _SILENT):
        return PayeeError(_counted(len(values) - _SILENT), AGAIN)
    if len(text) > silent_address.MAX_LETTERS:
        return PayeeError("This is far too long to be an address.", AGAIN)
    return _located(text, hrp, wrong_places(hrp, values, is_silent_address))


def _symbols(text: str, hrp: str) -> list[int]:
    """What is behind the prefix and its 1, each 0 to 31. Raises PayeeError."""
    if f"{hrp}1" in text[len(hrp) :]:
        raise PayeeError("There are two addresses here, or one twice.", "Leave the one you mean.")
    start = len(hrp) + 1
    for place, letter in enumerate(text[start:], start):
        if letter not in bech32.ALPHABET:
            raise PayeeError(
                f"Letter {place + 1} is none that an address has: {_around(text, place)}.", AGAIN
            )
    return [bech32.ALPHABET.index(letter) for letter in text[start:]]


def _located(text: str, hrp: str, indexes: Sequence[int]) -> PayeeError:
    places = [len(hrp) + 1 + index for index in indexes]
    if not places:
        return PayeeError(
            "Several letters of this address are wrong, and which ones cannot be told.", AGAIN
        )
    numbers = " and ".join(str(place + 1) for place in places)
    marked = " and ".join(_around(text, place) for place in places)
    letters = "Letter {} is" if len(places) == 1 else "Letters {} are"
    return PayeeError(
        f"{letters.format(numbers)} probably wrong: {marked}.",
        "Compare with where you have it from.",
    )


def _wrong_length(values: list[int]) -> str:
    """What is missing of an address, or too much of it; "" when its length can be right."""
    if len(values) < _SHORT:
        return "This address is not complete."
    if values[0] > 1 or len(values) in {_SHORT, _LONG}:
        return ""
    lengths = (_SHORT, _LONG) if values[0] == 0 else (_LONG,)
    return _counted(min((len(values) - length for length in lengths), key=abs))


def _counted(difference: int) -> str:
    """How many letters an address has too many, or, if negative, too few."""
    letters = "letter is" if abs(difference) == 1 else "letters are"
    return f"{abs(difference)} {letters} {'too many' if difference > 0 else 'missing'}."


def _around(text: str, place: int) -> str:
    before, after = text[max(place - _AROUND, 0) : place], text[place + 1 : place + 1 + _AROUND]
    left = "…" if place > _AROUND else ""
    right = "…" if place + 1 + _AROUND < len(text) else ""
    return f"{left}{before}[{text[place]}]{after}{right}"


def _base58(text: str, network: str) -> PayeeAddress:
    if not _SHORTEST_BASE58 <= len(text) <= _LONGEST_BASE58 or text[0] not in _FIRST_LETTERS:
        raise PayeeError(
            "This is not a Bitcoin address, or not a whole one.", "Copy the whole address again."
        )
    for place, letter in enumerate(text):
        if letter not in base58.ALPHABET:
            raise PayeeError(
                f"Letter {place + 1} is none that an address has: {_around(text, place)}.", AGAIN
            )
    try:
        payload = base58.decode_check(text)
    except Malformed as error:
        raise PayeeError(
            "A letter of this address is wrong or missing, or was a capital one.", AGAIN
        ) from error
    version, key_hash = payload[:1], payload[1:]
    if len(key_hash) == _HASH_BYTES and version in BASE58_VERSIONS[network]:
        return PayeeAddress(text, _legacy_script(BASE58_VERSIONS[network].index(version), key_hash))
    for home, versions in BASE58_VERSIONS.items():
        if len(key_hash) == _HASH_BYTES and version in versions:
            raise _of_another_network(home, network)
    raise PayeeError("This is not the address of a payment in Bitcoin.", "Ask for another one.")


def _legacy_script(kind: int, key_hash: bytes) -> bytes:
    """P2PKH, P2SH (BIP16)."""
    if kind == 0:
        return b"\x76\xa9\x14" + key_hash + b"\x88\xac"
    return b"\xa9\x14" + key_hash + b"\x87"


def _of_another_network(home: str, network: str) -> PayeeError:
    return PayeeError(
        f"This address belongs to {NETWORK_TITLES[home]} ({home}), and this wallet is on"
        f" {network}.",
        "Ask for an address of the same network.",
    )
