"""Whom to pay: the one reading of what a person pastes, for every face."""

from dataclasses import dataclass

from host.payees import cleaning, uri
from host.payees.addresses import PayeeAddress, read_address
from host.payees.errors import PayeeError
from host.payees.lookalikes import refuse_lookalikes, refuse_secrets
from host.payees.names import notes as notes_of
from host.payees.names import read_name
from signer.formats.silent_address import SilentAddress

LONGEST_TEXT = 4096  # characters; no request that a person pastes is longer
SILENT = (
    "This is a silent payment address (BIP352): the device computes where its coins go, and nobody"
    " else sees whom they are for."
)


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid. `sats` is what the request asks for, or None.

    `label` and `message` are from whoever made the request. `notes` are sentences about what it
    says and is not followed. A `silent` address (BIP352) has no script. A name (BIP353) stands in
    the place of its address, which is looked up when it is paid.
    """

    address: str
    script_pubkey: bytes
    sats: int | None = None
    label: str = ""
    message: str = ""
    notes: tuple[str, ...] = ()
    silent: SilentAddress | None = None
    is_name: bool = False


def read_payee(text: str, network: str) -> Payee:
    """Who is meant by an address or a request, on a network of host.config.NETWORKS.

    Groups, lines, quotes and invisible signs around and in an address do not count. Raises
    PayeeError, which says what was pasted instead, or where a letter is wrong; SecretPasted.
    """
    plain = cleaning.unwrapped(text)
    if not plain:
        raise PayeeError("There is nothing to read.", "Paste the address you were given.")
    refuse_secrets(plain)
    compact = cleaning.joined(plain)
    if uri.is_link(compact):
        return _from_link(plain, network)
    refuse_lookalikes(compact)
    if len(compact) > LONGEST_TEXT:
        raise PayeeError("This is far too long to be an address.", "Copy the address alone.")
    if name := read_name(compact):
        return Payee(name, b"", notes=notes_of(name), is_name=True)
    address = read_address(compact, network)
    notes = (SILENT,) if address.silent else ()
    return Payee(address.text, address.script_pubkey, notes=notes, silent=address.silent)


def _from_link(text: str, network: str) -> Payee:
    if len(text) > LONGEST_TEXT:
        raise PayeeError("This request is far too long.", "Ask for the address alone.")
    link = uri.read_link(text, network)
    address = _first_readable(link.addresses, network)
    notes = (SILENT, *link.notes) if address.silent else link.notes
    return Payee(
        address.text,
        address.script_pubkey,
        link.sats,
        link.label,
        link.message,
        notes,
        address.silent,
    )


def _first_readable(texts: tuple[str, ...], network: str) -> PayeeAddress:
    """BIP321: of several addresses, each is as good; the first that is none says why."""
    failure: PayeeError | None = None
    for text in texts:
        refuse_secrets(text)
        try:
            refuse_lookalikes(text)
            return read_address(text, network)
        except PayeeError as error:
            failure = failure or error
    raise failure or PayeeError("There is no address in this request.")
