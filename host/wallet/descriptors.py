"""A wallet as text that any other program reads: a descriptor (BIP380, BIP389) with its checksum.

The text names all addresses and no secret: who has it sees every payment, and can make none.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import bdkpython as bdk

from host.config import HARDENED, account_path
from host.errors import BadInput, WalletError
from host.store import Pairing
from host.wallet import bdk_adapter
from host.wallet.payment_request import NETWORKS
from signer.errors import Malformed
from signer.formats.descriptor_checksum import checksum_of

LONGEST = 20_000  # characters; a taproot tree of many keys has a few thousand
_RECEIVING, _CHANGE, _BOTH = "/0/*", "/1/*", "/<0;1>/*"
_NOTHING = "Nothing was changed."
# Others have no addresses: the library ends the whole program when it is asked for one.
_WITH_ADDRESSES = ("pkh(", "wpkh(", "sh(", "wsh(", "tr(")
_SECRET = re.compile(
    r"[xtyzuv]prv[1-9A-HJ-NP-Za-km-z]{20}|(?<![\w])[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}(?!\w)"
)
_KEY = re.compile(r"([xyzYZtuvUV]pub)[1-9A-HJ-NP-Za-km-z]+((?:/[^,(){}]*)?)")
_STANDARD = re.compile(
    r"(pkh|sh\(wpkh|wpkh|tr)\(\[([0-9a-f]{8})/(\d+)h/(\d+)h/(\d+)h\]([xt]pub\w+)/<0;1>/\*\)+"
)
_NO_CHECKSUM = (
    "The descriptor has no checksum: nothing would tell of a wrong letter. Compare the first"
    " address with the wallet it comes from."
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


def read(text: str, network: str) -> ReadDescriptor:
    """The wallet of a descriptor, or of two: one for receiving, the other for change.

    Empty lines and those that begin with # say nothing. The wallet of one standard account is its
    device's; any other can be looked at only. Raises BadInput.
    """
    if len(text) > LONGEST:
        raise BadInput(f"This is too long for a descriptor. {_NOTHING}")
    if _SECRET.search(text):
        raise BadInput(
            "This text holds a private key: whoever has it can spend the coins. It was not kept."
            " Export the public descriptor from the device or wallet that has the key."
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    bodies = [_checked(line) for line in lines if not line.startswith("#")]
    notes = [] if all("#" in line for line in lines if line[0] != "#") else [_NO_CHECKSUM]
    body = _joined(bodies)
    if bodies == [body.replace(_BOTH, _RECEIVING)]:
        notes.append(_CHANGE_GUESSED)
    _check_keys(body, network)
    pairing = _standard(body, network) or _watched(body, network)
    _try_out(pairing)
    return ReadDescriptor(pairing, tuple(notes))


def _checked(line: str) -> str:
    """The descriptor of a line without its checksum, hardened steps written as h."""
    body, _, checksum = line.partition("#")
    try:
        if checksum and checksum != checksum_of(body):
            raise BadInput(
                f"The checksum behind the # does not fit: a letter is wrong or missing. {_NOTHING}"
                " Copy the descriptor again, whole."
            )
        checksum_of(body)
    except Malformed as error:
        raise BadInput(f"This is no descriptor. {error} {_NOTHING}") from error
    return body.replace("'", "h")


def _joined(bodies: Sequence[str]) -> str:
    """One descriptor for both kinds of addresses (BIP389)."""
    match bodies:
        case [body]:
            return body.replace(_RECEIVING, _BOTH)
        case [receiving, change] if receiving.replace(_RECEIVING, _CHANGE) == change != receiving:
            return receiving.replace(_RECEIVING, _BOTH)
        case [_, _]:
            raise BadInput(
                "The two descriptors are not those of one wallet: they must differ in /0/* for"
                f" receiving and /1/* for change only, in this order. {_NOTHING}"
            )
        case _:
            raise BadInput(
                "A wallet is one descriptor, or two: one for receiving, the other for change."
                f" There are {len(bodies)} here. {_NOTHING}"
            )


def _check_keys(body: str, network: str) -> None:
    """Raises BadInput: it has no addresses, or keys of another network or for one address only."""
    keys = _KEY.findall(body)
    if not body.startswith(_WITH_ADDRESSES) or not keys:
        raise BadInput(
            f"This is no descriptor of a wallet. {_NOTHING} One begins with pkh, sh, wpkh, wsh or"
            " tr, and has a key that begins with xpub or tpub."
        )
    expected = "xpub" if network == "mainnet" else "tpub"
    for version, steps in keys:
        if version not in {"xpub", "tpub"}:
            raise BadInput(f"A descriptor has keys that begin with xpub, not {version}. {_NOTHING}")
        if version != expected:
            kind = "the main network" if version == "xpub" else "a test network"
            raise BadInput(
                f"The keys of this descriptor are for {kind}, and --network says {network}."
                f" {_NOTHING} Name the right network."
            )
        if not re.fullmatch(r"(?:/\d+)*/<\d+;\d+>/\*", steps):
            raise BadInput(
                "A key of this descriptor does not end with /<0;1>/*, so it has not one address"
                f" after the other, for receiving and for change. {_NOTHING}"
            )


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


def _watched(body: str, network: str) -> Pairing:
    name = hashlib.sha256(body.encode()).hexdigest()[:8]
    return Pairing(network, "policy", name, "", 0, f"{body}#{checksum_of(body)}")


def _try_out(pairing: Pairing) -> None:
    """Raises BadInput for what the library cannot make a wallet of."""
    network, persister = NETWORKS[pairing.network], bdk.Persister.new_in_memory()
    try:
        two_path = bdk_adapter.descriptor(pairing)
        bdk.Wallet.create_from_two_path_descriptor(two_path, network, persister, 1)
    except (WalletError, bdk.CreateWithPersistError) as error:
        raise BadInput(
            f"No wallet can be made of this descriptor. {_NOTHING}"
            " Export it again from the program it comes from."
        ) from error
