"""One module per kind of signer the wallet talks to."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccountKey:
    """What a wallet is made of: the key of an account (BIP32 text), and whose it is.

    `fingerprint` is the device's master fingerprint, 8 hex digits.
    """

    fingerprint: str
    xpub: str


class Device(Protocol):
    """A signer at the end of a link. Every method may raise DeviceError, Declined, LinkLost.

    `network` is "mainnet", "testnet" or "regtest"; a path is a BIP32 path as integers.
    """

    name: str

    async def unlock(self, network: str) -> None:
        """Wait until the person has unlocked the device."""
        ...

    async def account_key(self, network: str, path: tuple[int, ...]) -> AccountKey:
        """The extended public key at `path`, and the fingerprint of the device's master key."""
        ...

    async def show_address(self, network: str, path: tuple[int, ...], script: str) -> str:
        """Show an address on the device, wait for the person, return what the device derived.

        `script` is "wpkh" or "tr".
        """
        ...

    async def sign(self, network: str, psbt: bytes) -> bytes:
        """The PSBT with the device's signatures, after the person approved it there."""
        ...

    async def close(self) -> None: ...
