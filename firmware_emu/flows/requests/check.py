"""Whether an address or a key that a wallet shows is ours: without a cable, a person reads it."""

from contextlib import suppress
from typing import Final

from firmware_emu.commands import CheckAddress, CheckKeys, Fault, FaultCode, Text
from firmware_emu.flows import Flow, Pause, RequestOutcome
from firmware_emu.flows.requests.address import WRONG_ADDRESS
from firmware_emu.flows.review import compare
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from firmware_emu.storage import account_store
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.errors import Malformed
from signer.formats import base58
from signer.formats.payload.keys import EXTENDED
from signer.keys.keyring import Keyring
from signer.keys.path import parse, render
from signer.review import Fact, Kind, Origin, Page, Shape

_AT_ONCE: Final = 200  # indexes of each branch; some tenths of a second for each account
_MOST: Final = 2_000
_PURPOSES: Final = (84, 86, 49, 44)
_NOT_OURS: Final = Fault(FaultCode.BAD_PARAMETERS, "That is not of this wallet.")
_NO_SEARCH: Final = Fault(FaultCode.BAD_PARAMETERS, "This chain has no addresses to look for.")
_WRONG_KEYS: Final = Notice(
    "Not your keys",
    (
        "None of these keys is of this device.",
        "To register an account of several keys, show its descriptor or setup file.",
    ),
)


def check_address(command: CheckAddress, vault: Vault, keyring: Keyring) -> Flow[RequestOutcome]:
    """The address and where it lies, or that it was not found, and how far was looked.

    Raises Declined.
    """
    search = chains.address_search(command.chain)
    if search is None:
        return RequestOutcome(_NO_SEARCH, Notice("Refused", (_NO_SEARCH.message,)))
    records = account_store.load(vault, keyring).records(command.chain)
    start = 0
    while start < _MOST:
        yield Pause(Wait("Looking for the address."))
        indexes = range(start, start + _AT_ONCE)
        try:
            place = search.find_address(command.address, keyring, command.network, records, indexes)
        except Malformed as error:
            sentence = _other_network(command, keyring) or str(error)
            return RequestOutcome(_NOT_OURS, Notice("Not an address here", (sentence,)))
        if place:
            return (yield from _confirmed(command, place))
        start = indexes.stop
        if start < _MOST and not (yield from _further(start)):
            break
    return RequestOutcome(_NOT_OURS, _not_found(start))


def _other_network(command: CheckAddress, keyring: Keyring) -> str:
    """What to say of an address of another network of the chain; empty for no address at all."""
    search = chains.address_search(command.chain)
    if search is None:
        return ""
    for network in chains.load(command.chain).networks:
        with suppress(Malformed):
            search.find_address(command.address, keyring, network, (), range(0))
            return f"It is an address on {network}. Choose that network here: Menu, Network."
    return ""


def _confirmed(command: CheckAddress, place: str) -> Flow[RequestOutcome]:
    facts = (
        Fact(command.network, command.address, Origin.DERIVED, Shape.ADDRESS),
        Fact("at", place, Origin.DERIVED),
    )
    yield from compare((Page(Kind.RECIPIENT, "Yes: your address", facts),), WRONG_ADDRESS)
    return RequestOutcome(Text(command.address))


def _further(start: int) -> Flow[bool]:
    sentences = (
        f"It is not among the first {start} of any account here.",
        f"Look at the next {_AT_ONCE}?",
    )
    answer = yield Question("Not found yet", sentences, yes="look", no="enough")
    return isinstance(answer, Acknowledged)


def _not_found(searched: int) -> Notice:
    """An alarm: an address that is shown as ours and is not is how coins are stolen (T107)."""
    sentences = (
        f"It is not among the first {searched} addresses of your accounts.",
        "Do not use it. Give it to nobody.",
    )
    return Notice("Not your address", sentences, is_alarm=True)


def check_keys(command: CheckKeys, keyring: Keyring) -> Flow[RequestOutcome]:
    """Which of these keys are ours, and where they lie. Raises Declined."""
    yield Pause(Wait("Comparing the keys."))
    chain = chains.load(command.chain)
    pages = []
    for key in command.keys:
        for way in _ways(key, is_real=command.network == chain.networks[0]):
            path = parse(way)
            own_xpub = chain.xpub(keyring, path, command.network)
            # Depth and number lead to no coin, and many wallets leave them at 0.
            if _point(own_xpub) == _point(key.rpartition("]")[2]):
                facts = (Fact("at", render(path), Origin.DERIVED),)
                key_fact = Fact(command.network, own_xpub, Origin.DERIVED, Shape.ADDRESS)
                pages.append(Page(Kind.RECIPIENT, "Yes: your key", (*facts, key_fact)))
                break
    if not pages:
        return RequestOutcome(_NOT_OURS, _WRONG_KEYS)
    yield from compare(pages, _WRONG_KEYS)
    return RequestOutcome(Text(str(len(pages))))


def _point(xpub: str) -> bytes:
    """Chain code and public key: what leads to coins. Raises Malformed."""
    return base58.decode_check(xpub)[13:]


def _ways(key: str, *, is_real: bool) -> tuple[str, ...]:
    """The paths at which a key may be ours: its origin's, or those where wallets look."""
    match = EXTENDED.fullmatch(key)
    if match and match["fingerprint"]:
        return (f"m{match['path']}",)
    coin = 0 if is_real else 1
    return tuple(f"m/{purpose}h/{coin}h/{number}h" for purpose in _PURPOSES for number in range(5))
