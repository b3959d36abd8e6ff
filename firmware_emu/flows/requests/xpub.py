"""An extended public key: at once, or once a person has compared it.

Clients ask for keys at every turn and wait a second, so the PIN is the consent. A key that goes
into an account of several signers is worth a look: who exchanges it on the way takes the coins.
And a key of another coin is worth a question: a wallet has no use for it but to watch (T48).
"""

from firmware_emu.commands import Fault, FaultCode, GetXpub, Reply, Text
from firmware_emu.flows import Flow, RequestOutcome
from firmware_emu.flows.review import compare, read_all
from firmware_emu.screens.notice import Notice
from signer import chains
from signer.errors import Malformed, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import render
from signer.review import Fact, Kind, Origin, Page, Shape, warning

_ASKED = "The wallet app asks for a public key."
_WATCHED = "Whoever has it can watch all addresses below it."
_NOTHING = "No key was told."

_ALARM = Notice(
    "Wrong key",
    (
        "Do not use this key.",
        "The other screen shows one that is not yours: a program there may have changed it.",
        "Make no account with it.",
    ),
    is_alarm=True,
)


def get_xpub(command: GetXpub, keyring: Keyring) -> Reply:
    """The key, without a prompt."""
    try:
        return Text(chains.load(command.chain).xpub(keyring, command.path, command.network))
    except Malformed as error:
        return Fault(FaultCode.BAD_PARAMETERS, str(error))
    except Refused as error:
        return Fault(FaultCode.BAD_PARAMETERS, str(error), error.reason.name)


def needs_person(command: GetXpub) -> bool:
    """Whether a person is asked: to compare the key, or because it is not where wallets look."""
    return command.show or bool(chains.load(command.chain).xpub_warnings(command.path))


def show_xpub(command: GetXpub, keyring: Keyring) -> Flow[RequestOutcome]:
    """The key, once the person has agreed to tell it, and compared it where that was asked for.

    Raises Declined, and as the signer does.
    """
    chain = chains.load(command.chain)
    xpub = chain.xpub(keyring, command.path, command.network)
    warnings = chain.xpub_warnings(command.path)
    pages = [warning("Another coin's key", _ASKED, *warnings, _WATCHED)] if warnings else []
    if command.show:
        key = Fact(command.network, xpub, Origin.DERIVED, Shape.ADDRESS)
        path = Fact("path", render(command.path), Origin.DERIVED)
        pages.append(Page(Kind.RECIPIENT, "Your public key", (key, path)))
        yield from compare(pages, _ALARM)
    else:
        yield from read_all(pages, "tell it", _NOTHING)
    return RequestOutcome(Text(xpub))
