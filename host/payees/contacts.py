"""People who are paid again: a name, and the address or link that they gave."""

from collections.abc import Iterable
from dataclasses import dataclass

from host.errors import BadInput
from host.payees.amounts import read_amount
from host.payees.errors import AmountError, PayeeError
from host.payees.payee import read_payee

LONGEST_NAME = 40
MOST_CONTACTS = 10_000


@dataclass(frozen=True, slots=True)
class Contact:
    """`payee` is what `read_payee` takes; its amount, if it has one, is not kept."""

    name: str
    payee: str


def new_contact(name: str, payee: str, network: str) -> Contact:
    """Raises BadInput: a name that is none or could be an address, or a payee that cannot be paid.

    What reads as an address must never be a name: it would be paid in that address's place.
    """
    plain = " ".join("".join(letter for letter in name if letter.isprintable()).split())
    if not plain or len(plain) > LONGEST_NAME:
        raise BadInput(f"A name has 1 to {LONGEST_NAME} letters. Nothing was changed.")
    if ":" in plain or _is_payee(plain, network) or _is_amount(plain):
        raise BadInput("A name cannot be an address, a link or an amount. Nothing was changed.")
    try:
        return Contact(plain, read_payee(payee, network).address)
    except PayeeError as error:
        raise BadInput(f"{error.hint} Nothing was changed.") from error


def _is_payee(text: str, network: str) -> bool:
    try:
        read_payee(text, network)
    except PayeeError:
        return False
    return True


def _is_amount(text: str) -> bool:
    try:
        read_amount(text)
    except AmountError:
        return False
    return True


def of_name(text: str, contacts: Iterable[Contact]) -> Contact | None:
    """The contact whose name this is, in any case."""
    name = " ".join(text.split()).casefold()
    return next((contact for contact in contacts if contact.name.casefold() == name), None)


def name_of(address: str, contacts: Iterable[Contact]) -> str:
    """The name of who has this address, or ""."""
    return next((contact.name for contact in contacts if contact.payee == address), "")
