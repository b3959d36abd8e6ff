"""An account of several keys or conditions in a code, as the registration it asks for."""

from typing import Final

from firmware_emu.commands import Fault, FaultCode, Register, Unlock, Unusable
from signer.formats.payload import descriptors
from signer.formats.payload.values import AccountDescription

CHAIN: Final = "bitcoin"
_LONGEST_NAME: Final = 64
_OTHER_NETWORK: Final = Unusable(
    Unlock,
    Fault(
        FaultCode.WRONG_NETWORK,
        "The keys are for another network. Choose that network here: Menu, Network.",
        "WRONG_NETWORK",
    ),
)
_MIXED: Final = Unusable(
    Unlock,
    Fault(
        FaultCode.BAD_PARAMETERS,
        "Some keys are for real coins and some for test coins. No account has both.",
    ),
)


def registration_of(account: AccountDescription, network: str) -> Register | Unusable:
    """The registration; unusable if its keys are for other coins than those of `network`.

    Without a name its checksum is its name: other keys, another name. Raises Malformed.
    """
    if account.is_mixed:
        return _MIXED
    if account.is_mainnet != (network == "mainnet"):
        return _OTHER_NETWORK
    name = account.name.strip()
    if not name or len(name) > _LONGEST_NAME or not (name.isascii() and name.isprintable()):
        name = f"Scanned {descriptors.checksum(account)}"
    return Register(
        CHAIN,
        network,
        name,
        account.template,
        account.keys,
        is_unchecked=not account.is_checked,
    )
