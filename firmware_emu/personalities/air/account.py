"""An account of several keys or conditions as one QR code: its descriptor with the checksum."""

import re
from typing import Final

from firmware_emu.commands import Fault, FaultCode, Register, Unusable
from signer.errors import Malformed
from signer.formats.descriptor_checksum import checksum_of

CHAIN: Final = "bitcoin"
_LONGEST: Final = 4096  # letters; a QR code holds little more
_DESCRIPTOR: Final = re.compile(r"((?:pkh|wpkh|sh|wsh|tr)\(.*\))#([a-z0-9]{8})")
_KEY: Final = re.compile(r"((?:\[[0-9a-fA-F]{8}(?:/[0-9]+[hH']?)*\])?[xt]pub\w+)/")
_MOST_KEYS: Final = 32
_OTHER_NETWORK: Final = Unusable(
    Register,
    Fault(
        FaultCode.WRONG_NETWORK,
        "The keys are for another network. Choose that network here: Menu, Network.",
        "WRONG_NETWORK",
    ),
)


def account_of(text: str, network: str) -> Register | Unusable | None:
    """The registration that a descriptor (BIP380) asks for, or None for text of another kind.

    It has no name, so its checksum is its name: other keys, another name. Unusable if its keys are
    for other coins than those of `network`. Raises Malformed.
    """
    match = _DESCRIPTOR.fullmatch(text) if len(text) <= _LONGEST else None
    if not match:
        return None
    descriptor, checksum = match.groups()
    # One wrong letter of a path or a threshold would be another account (threat T43).
    if checksum_of(descriptor) != checksum:
        raise Malformed("The descriptor and its checksum do not fit.")
    keys: dict[str, int] = {}
    template = _KEY.sub(lambda key: f"@{keys.setdefault(key[1], len(keys))}/", descriptor)
    if not 1 <= len(keys) <= _MOST_KEYS:
        raise Malformed("The descriptor has no extended keys, or too many.")
    prefix = "xpub" if network == "mainnet" else "tpub"
    if not all(key.rpartition("]")[2].startswith(prefix) for key in keys):
        return _OTHER_NETWORK
    return Register(CHAIN, network, f"Scanned {checksum}", template, tuple(keys))
