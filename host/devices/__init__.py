"""One module per kind of signer the wallet talks to."""

from typing import Protocol


class Device(Protocol):
    """A signer at the other end of a link. Every method may raise DeviceError, Declined or LinkLost.

    `network` is "mainnet", "testnet" or "regtest"; a path is a BIP32 path as integers.
    """

    name: str

    async def unlock(self, network: str) -> None:
        """Wait until the person has unlocked the device."""
        ...

    async def xpub(self, network: str, path: tuple[int, ...]) -> str:
        """The extended public key at `path`."""
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
