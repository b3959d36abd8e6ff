"""A wallet as text that any other program reads: a descriptor (BIP380, BIP389) with its checksum.

The text names all addresses and no secret: who has it sees every payment, and can make none.
"""

import hashlib
import re
from dataclasses import dataclass

import bdkpython as bdk

from host.config import HARDENED, account_path
from host.errors import BadInput, WalletError
from host.payees.addresses import read_address
from host.payees.cleaning import visible
from host.payees.errors import PayeeError
from host.store import Pairing
from host.wallet import bdk_adapter
from signer.errors import Malformed
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.payload import account_files, keys, reader
from signer.formats.payload.descriptors import body_of, of_lines
from signer.formats.payload.values import AccountDescription, AccountKeys

LONGEST = 20_000  # characters; a taproot tree of many keys has a few thousand
_UNCHANGED = "Nothing was changed."
_BSMS = "BSMS"
_QUOTES = " \t\r\n\"'`“”„"
_SECRET = re.compile(
    r"[xtyzuvYZUV]prv[1-9A-HJ-NP-Za-km-z]{20}"
    r"|(?<![\w])[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}(?!\w)"
)
_STANDARD = re.compile(
    r"(pkh|sh\(wpkh|wpkh|tr)\(\[([0-9a-f]{8})/(\d+)h/(\d+)h/(\d+)h\]([xt]pub\w+)/<0;1>/\*\)+"
)
_CHANGE = re.compile(r"/1/\*|[<{]\d+[;,]\d+[>}]|/\*\*")
_NO_CHECKSUM = (
    "No checksum covers this: nothing would tell of a wrong letter. Compare the first address with"
    " the wallet it comes from."
)
_CHANGE_GUESSED = "Only receiving addresses are named, so change is looked for at /1/*, as usual."


@dataclass(frozen=True, slots=True)
class ReadDescriptor:
    """The wallet that a text stands for, and what its person should know of it."""

    pairing: Pairing
    notes: tuple[str, ...]


def write(pairing: Pairing) -> str:
    """The descriptor of a wallet, for receiving and change together, with its checksum."""
    if pairing.descriptor:
        return pairing.descriptor
    body = str(bdk_adapter.descriptor(pairing)).partition("#")[0].replace("'", "h")
    return f"{body}#{checksum_of(body)}"


def read(text: str, network: str, script: str = "wpkh") -> ReadDescriptor:
    """The wallet of a text: one descriptor or two, or a file in which wallets hand one on.

    The forms are those that a device reads, too (signer.formats.payload): BSMS (BIP129), Coldcard's
    setup file, the JSON of Specter and others, what Sparrow writes. The wallet of one standard
    account is its device's; any other has its keys in several places, or conditions. Where an
    export has keys of one device alone, `script` says which of its accounts. Raises BadInput.
    """
    if len(text) > LONGEST:
        raise BadInput(f"This is too long for a wallet. {_UNCHANGED}")
    if _SECRET.search(text):
        raise BadInput(
            "This text holds a private key: whoever has it can spend the coins. It was not kept."
            " Export the public descriptor from the device or wallet that has the key."
        )
    text = visible(text).strip(_QUOTES)
    description = _described(text, network, script)
    _check_network(description, network)
    body = body_of(description)
    pairing = _standard(body, network) or _policy(body, network)
    _try_out(pairing)
    _check_first_address(text, pairing)
    notes = [] if description.is_checked else [_NO_CHECKSUM]
    if "/0/*" in text and not _CHANGE.search(text):
        notes.append(_CHANGE_GUESSED)
    return ReadDescriptor(pairing, tuple(notes))


def describe(pairing: Pairing) -> AccountDescription:
    """The template and the keys of a wallet, as BIP388 has them."""
    return of_lines([write(pairing)])


def _described(text: str, network: str, script: str) -> AccountDescription:
    try:
        keys.check_public(text)
        payload = reader.read(text) if text[:3].lower() == "ur:" else account_files.of_text(text)
    except Malformed as error:
        raise BadInput(f"No wallet can be read in this. {error} {_UNCHANGED}") from error
    if isinstance(payload, AccountKeys):
        return of_lines([_chosen(payload.keys, network, script)])
    if not isinstance(payload, AccountDescription):
        raise BadInput(
            f"This is no wallet. {_UNCHANGED} One is a descriptor, which begins with pkh, sh, wpkh,"
            " wsh or tr and has a key that begins with xpub or tpub; or a file from another wallet:"
            " BSMS, a Coldcard setup file, the JSON of Specter."
        )
    return payload


def _chosen(listed: tuple[str, ...], network: str, script: str) -> str:
    """The descriptor of a standard account of one device: the only one, or that of `script`."""
    bodies = (
        form.format(f"{key}/<0;1>/*") for key in listed for form in ("pkh({})", "sh(wpkh({}))",
                                                                     "wpkh({})", "tr({})")
    )  # fmt: skip
    accounts = {
        account.script: body for body in bodies if (account := _standard(body, network)) is not None
    }
    if len(accounts) == 1:
        return next(iter(accounts.values()))
    if script not in accounts:
        raise BadInput(
            f"This has keys, and none of them is that of an account of {script} on {network}."
            f" {_UNCHANGED} Name network and script as the program has them, or export a"
            " descriptor."
        )
    return accounts[script]


def _check_network(description: AccountDescription, network: str) -> None:
    if description.is_mixed or description.is_mainnet != (network == "mainnet"):
        kind = "the main network" if description.is_mainnet else "a test network"
        raise BadInput(
            f"The keys of this wallet are for {kind}, and --network says {network}."
            f" {_UNCHANGED} Name the right network."
        )


def _check_first_address(text: str, pairing: Pairing) -> None:
    """BIP129, Round 2: who is handed a BSMS record compares the address on its fourth line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines[0].startswith(_BSMS) or len(lines) < 4:
        return
    first = bdk_adapter.first_address(pairing)
    if lines[3].lower() != first.lower():
        _check_home(lines[3], pairing.network)
        raise BadInput(
            f"The record says that its first address is {lines[3][:100]}, and its descriptor has"
            f" {first}. {_UNCHANGED} Ask for the record once more: it was changed on its way."
        )


def _check_home(address: str, network: str) -> None:
    """The test networks share their keys, and not the letters of an address."""
    try:
        read_address(address, network)
    except PayeeError as error:
        raise BadInput(f"The first address of the record: {error.what} {_UNCHANGED}") from error


def _standard(body: str, network: str) -> Pairing | None:
    """The account of one device, when the descriptor is that of BIP44, BIP49, BIP84 or BIP86."""
    parsed = _STANDARD.fullmatch(body)
    if parsed is None or body.count("(") != body.count(")"):
        return None
    expression, fingerprint, *steps, key = parsed.groups()
    script = "sh-wpkh" if expression == "sh(wpkh" else expression
    account = int(steps[2])
    if account >= HARDENED:
        return None
    if tuple(int(step) | HARDENED for step in steps) != account_path(network, script, account):
        return None
    return Pairing(network, script, fingerprint, key, account)


def _policy(body: str, network: str) -> Pairing:
    name = hashlib.sha256(body.encode()).hexdigest()[:8]
    return Pairing(network, "policy", name, "", 0, f"{body}#{checksum_of(body)}")


def _try_out(pairing: Pairing) -> None:
    """Raises BadInput for what the library cannot make a wallet of."""
    try:
        bdk_adapter.first_address(pairing)
    except (WalletError, bdk.CreateWithPersistError) as error:
        raise BadInput(
            f"No wallet can be made of this descriptor. {_UNCHANGED}"
            " Export it again from the program it comes from."
        ) from error
