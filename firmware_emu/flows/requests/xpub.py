"""An extended public key: at once, or once a person has compared it.

Clients ask for keys at every turn and wait a second, so the PIN is the consent. A key that goes
into an account of several signers is worth a look: who exchanges it on the way takes the coins.
"""

from firmware_emu.commands import Fault, FaultCode, GetXpub, Reply, Text
from firmware_emu.flows import Flow, RequestOutcome
from firmware_emu.flows.review import read_all
from signer import chains
from signer.errors import Malformed, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import render
from signer.review import Fact, Kind, Origin, Page, Shape


def get_xpub(command: GetXpub, keyring: Keyring) -> Reply:
    """The key, without a prompt."""
    try:
        return Text(chains.load(command.chain).xpub(keyring, command.path, command.network))
    except Malformed as error:
        return Fault(FaultCode.BAD_PARAMETERS, str(error))
    except Refused as error:
        return Fault(FaultCode.BAD_PARAMETERS, str(error), error.reason.name)


def show_xpub(command: GetXpub, keyring: Keyring) -> Flow[RequestOutcome]:
    """The key, once the person has compared it. Raises Declined, and as the signer does."""
    xpub = chains.load(command.chain).xpub(keyring, command.path, command.network)
    key = Fact(command.network, xpub, Origin.DERIVED, Shape.ADDRESS)
    path = Fact("path", render(command.path), Origin.DERIVED)
    yield from read_all((Page(Kind.RECIPIENT, "Your public key", (key, path)),), "the same")
    return RequestOutcome(Text(xpub))
