"""Signed messages: a statement by whoever holds the keys of an address (BIP137, BIP322).

A raw hash is never signed: what is signed always begins with a prefix, or is a transaction that
cannot exist, so no message can be a payment in disguise (T56, T57).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from signer import wording
from signer.chains.bitcoin.accounts import addresses
from signer.chains.bitcoin.accounts.account import (
    PURPOSES,
    AccountIndex,
    PolicyAccount,
    SingleKeyAccount,
    is_of_another_coin,
)
from signer.chains.bitcoin.messages import bip322
from signer.chains.bitcoin.messages.bip322 import Timing
from signer.chains.bitcoin.messages.text import EAST_ASIAN, scripts, visible
from signer.chains.bitcoin.network import NETWORKS, Network
from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.signing import SigningTask, sighash_context, signing_tasks
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address, sighash
from signer.chains.bitcoin.transactions.tx import Tx, TxOutput, stack
from signer.errors import CommonReason, Refused
from signer.formats.cursor import blob
from signer.formats.words.digest_words import digest_words
from signer.hashes import double_sha256
from signer.keys.keyring import Keyring
from signer.keys.path import Path, bare, render
from signer.review import Fact, Origin, Page, Review, Shape, sealed, warning
from signer.review import Kind as PageKind

MAX_CHARACTERS = 4096  # more than a person reads before signing it
_MAGIC = b"\x18Bitcoin Signed Message:\n"
_ODD = "Look twice"
_COMPRESSED = 31  # BIP137: the header of P2PKH and a compressed key, which Jade uses for all kinds


class MessageFormat(Enum):
    """How a signed message is written. The value is the prefix of its text (BIP322)."""

    LEGACY = ""
    SIMPLE = "smp"
    FULL = "ful"
    PSBT = "psbt"  # not a signature yet: others have to sign too


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """65 bytes, a witness, a transaction or a PSBT, as the form says."""

    form: MessageFormat
    data: bytes


@dataclass(frozen=True, slots=True)
class KeyMessage:
    """A message for one key: `digest` (32 bytes) is what that key signs."""

    preimage: bytes = field(repr=False)
    path: Path

    @property
    def digest(self) -> bytes:
        return double_sha256(self.preimage)


@dataclass(frozen=True, slots=True)
class AddressMessage:
    """A message for the address of a place of ours, as the transaction that is signed for it."""

    message: bytes = field(repr=False)
    location: AccountIndex
    spent: Tx = field(repr=False)
    unsigned: Tx = field(repr=False)
    tasks: tuple[SigningTask, ...]


Subject = TypeVar("Subject", KeyMessage, AddressMessage)


def key_message(text: str, path: Path, keyring: Keyring) -> Review[KeyMessage]:
    """A message to sign as `signmessage` does (BIP137). Raises Refused for what cannot be shown."""
    message = _readable(text)
    subject = KeyMessage(_MAGIC + blob(message), path)
    facts = (
        *_addresses(path, keyring),
        Fact("Key", render(path), Origin.DERIVED),
        Fact("", keyring.public_key(path).hex(), Origin.DERIVED, Shape.ADDRESS),
    )
    pages = (*_odd_text(text), *_odd_coin(path), _signer(facts), _text(text))
    return _review(subject, subject.preimage + render(path).encode(), pages, keyring)


def address_message(
    text: str, location: AccountIndex, keyring: Keyring, network: Network, timing: Timing
) -> Review[AddressMessage]:
    """A message to sign with the address of a place of ours (BIP322). Raises Refused."""
    message = _readable(text)
    spend_data = location.spend_data
    spent = bip322.to_spend(message, spend_data.script_pubkey)
    unsigned = bip322.to_sign(spent, timing)
    subject = AddressMessage(message, location, spent, unsigned, _tasks(location, unsigned))
    if not subject.tasks:
        raise Refused(
            BitcoinReason.POLICY_UNSUPPORTED
        )  # only joint keys of ours: two rounds, no payment
    shown_address = address.render(spend_data.script_pubkey, network) or ""
    facts = (
        Fact(location.account.title, shown_address, Origin.DERIVED, Shape.ADDRESS),
        Fact("path", bare(location.path), Origin.DERIVED),
        Fact("Network", network.name),
        *_timing(timing),
    )
    odd = _odd_place(location, network)
    pages = (*_odd_text(text), *(warning(_ODD, line) for line in odd), _signer(facts), _text(text))
    return _review(subject, spent.encode() + unsigned.encode(), pages, keyring)


def sign(subject: KeyMessage | AddressMessage, keyring: Keyring) -> SignedMessage:
    """The approved message, signed. Raises CrossCheckFailed."""
    if isinstance(subject, KeyMessage):
        signature = keyring.sign_recoverable(subject.path, subject.digest)
        return SignedMessage(
            MessageFormat.LEGACY, bytes((_COMPRESSED + signature[0],)) + signature[1:]
        )
    records = [signatures.make(keyring, task) for task in subject.tasks]
    spend_data = subject.location.spend_data
    if isinstance(subject.location.account, PolicyAccount):
        unsigned = bip322.request(subject.message, subject.spent, subject.unsigned, spend_data)
        return SignedMessage(MessageFormat.PSBT, bip322.add(unsigned, records))
    signed = bip322.finished(subject.unsigned, spend_data, records[0][1])
    only = signed.inputs[0]
    if only.script_sig or only.sequence or signed.locktime:
        return SignedMessage(MessageFormat.FULL, signed.encode_signed())
    return SignedMessage(MessageFormat.SIMPLE, stack(only.witness))


def _tasks(location: AccountIndex, unsigned: Tx) -> tuple[SigningTask, ...]:
    """One task for each key of ours, and in a script tree for each leaf that holds one."""
    spend_data = location.spend_data
    context = sighash_context(unsigned, (TxOutput(0, spend_data.script_pubkey),))
    leaves = {
        key[1:]: frozenset(leaf.hash for leaf in spend_data.leaves if leaf.holds(key[1:]))
        for key, _ in location.own_keys()
    }
    hash_type = sighash.DEFAULT if spend_data.internal_key else sighash.ALL
    return signing_tasks(location, leaves, hash_type, 0, context)


def _readable(text: str) -> bytes:
    if len(text) > MAX_CHARACTERS:
        raise Refused(CommonReason.MESSAGE_TOO_LONG)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: no UTF-8, so no bytes to sign
        raise Refused(CommonReason.MESSAGE_UNREADABLE) from None


def _odd_text(text: str) -> Iterator[Page]:
    stripped = text.strip().removeprefix("0x")
    if len(stripped) >= 32 and all(character in "0123456789abcdefABCDEF" for character in stripped):
        # Someone who wants a signature under something unreadable sends its hash (T57).
        digits = f"a {len(stripped)}-digit hash"
        yield warning(_ODD, f"You cannot read what you would sign: it is {digits}.")
    if text != text.strip():
        yield warning(_ODD, "The message begins or ends with spaces or empty lines.")
    if any(visible(line) != line for line in text.split("\n")):
        # Control characters move the cursor of a terminal, others look like letters they are not,
        # or turn the direction of a line around (T90).
        yield warning(
            _ODD,
            "Some signs of the message cannot be seen, or look like others.",
            "They are shown by number, like <U+202E>.",
        )
    if len(names := scripts(text) - {EAST_ASIAN}) > 1:
        listed = " and ".join(name.capitalize() for name in sorted(names))
        yield warning(_ODD, f"The letters are {listed}. Some of them look alike.")


def _odd_coin(path: Path) -> Iterator[Page]:
    # A page on the web may ask for a statement by keys that hold coins of another chain, whose own
    # wallet would have asked in words of that chain (T56).
    if is_of_another_coin(path):
        yield warning(_ODD, f"The path {render(path)} belongs to another coin than bitcoin.")


def _odd_place(location: AccountIndex, network: Network) -> Iterator[str]:
    if isinstance(location.account, SingleKeyAccount):
        yield from addresses.path_warnings(location.path, location.account.kind, network)


def _addresses(path: Path, keyring: Keyring) -> Iterator[Fact]:
    """The address that a verifier asks for, on each network of the path (BIP44, Path levels)."""
    if len(path) != 5 or path[0] not in PURPOSES:
        return
    account = SingleKeyAccount(PURPOSES[path[0]], path[:-2])
    known = [network for network in NETWORKS.values() if account.is_standard(network)]
    if known:
        locked = account.location(keyring, *path[-2:]).spend_data.script_pubkey
        shown = {address.render(locked, network) or "": network.name for network in known[::-1]}
        for text, name in reversed(shown.items()):
            yield Fact(f"Address on {name}", text, Origin.DERIVED, Shape.ADDRESS)


def _timing(timing: Timing) -> Iterator[Fact]:
    if timing.locktime:
        yield Fact("locktime", str(timing.locktime))
    if timing.sequence:
        yield Fact("sequence", str(timing.sequence))


def _signer(facts: tuple[Fact, ...]) -> Page:
    return Page(PageKind.OVERVIEW, "Sign a message", facts)


def _text(text: str) -> Page:
    lines = tuple(Fact("", f'"{visible(line)}"', Origin.HOST) for line in text.split("\n"))
    count = Fact("", wording.plural(len(text), "character"))
    return Page(PageKind.DETAIL, "It says", (*lines, count))


def _review(
    subject: Subject, committed: bytes, pages: tuple[Page, ...], keyring: Keyring
) -> Review[Subject]:
    return sealed(subject, committed, pages, keyring.fingerprint, digest_words(committed))
