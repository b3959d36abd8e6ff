"""One of our addresses, shown whole, so that the host's screen need not be believed."""

from firmware_emu.commands import ShowAddress, Text
from firmware_emu.flows import Flow, Outcome
from firmware_emu.flows.refusal import refusal
from firmware_emu.flows.review import read_all
from signer import chains
from signer.errors import Malformed, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import render
from signer.review import Fact, Kind, Origin, Page, Shape


def show_address(command: ShowAddress, keyring: Keyring) -> Flow[Outcome]:
    """The address as the reply, once the person has compared it. Raises Declined."""
    try:
        text, warnings = chains.load("bitcoin").address(
            keyring, command.path, command.variant, command.network
        )
    except (Malformed, Refused) as error:
        return refusal(error)
    yield from read_all((*map(_warning, warnings), _address(text, command)), "the same")
    return Outcome(Text(text))


def _warning(sentence: str) -> Page:
    return Page(Kind.WARNING, "Look twice", (Fact("", sentence, Origin.DERIVED),))


def _address(text: str, command: ShowAddress) -> Page:
    facts = (
        Fact(command.network, text, Origin.DERIVED, Shape.ADDRESS),
        Fact("path", render(command.path), Origin.DERIVED),
    )
    return Page(Kind.RECIPIENT, "Your address", facts)
