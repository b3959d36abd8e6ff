"""One module per kind of signer the wallet talks to. Each exposes DEVICE, a DeviceKind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from host import registry
from signer.formats.payload.values import AccountDescription


@dataclass(frozen=True, slots=True)
class AccountXpub:
    """What a wallet is made of: the key of an account (BIP32 text), and whose it is.

    `fingerprint` is the device's master fingerprint, 8 hex digits.
    """

    fingerprint: str
    xpub: str


class SigningDevice(Protocol):
    """A signer at the end of a link. Its methods raise DeviceError, DeclinedOnDevice or LinkLost.

    `network` is a name of host.config.NETWORKS; a path is a BIP32 path as integers.
    """

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    @property
    def interactive(self) -> bool:
        """Whether it can be asked for keys and addresses; across an air gap only signatures can."""
        ...

    async def unlock(self, network: str) -> None:
        """Wait until the person has unlocked the device."""
        ...

    async def account_key(self, network: str, path: tuple[int, ...]) -> AccountXpub:
        """The extended public key at `path`, and the fingerprint of the device's master key."""
        ...

    async def show_address(self, network: str, path: tuple[int, ...], script: str) -> str:
        """Show an address on the device, wait for the person, return what the device derived.

        `script` is of host.config.PURPOSE. Raises DeviceError when the device is not interactive.
        """
        ...

    async def register(self, network: str, name: str, account: AccountDescription) -> None:
        """Show a wallet of several keys or conditions, whole, and have the person agree to it.

        The device signs for it from then on, and knows it by `name`: 15 letters without spaces. One
        that is not interactive is shown the wallet until the call is cancelled.
        """
        ...

    async def show_account_address(self, network: str, name: str, index: int) -> str:
        """As `show_address`, of a wallet that was registered: a receive address, from 0."""
        ...

    async def sign_message(self, path: tuple[int, ...], text: str) -> str:
        """A signature of `text` by the key at `path` (BIP137, base64), once its person approved it.

        Raises DeviceError when the device is not interactive.
        """
        ...

    async def sign(self, network: str, psbt: bytes) -> bytes:
        """The PSBT with the device's signatures, after the person approved it there."""
        ...

    async def close(self) -> None: ...


Connect = Callable[[str], Awaitable[SigningDevice]]


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """A kind of signer. `schemes` says how each kind of address is connected to.

    The address "tcp:127.0.0.1:30121" has the scheme "tcp"; its function gets what follows the
    colon, and raises LinkLost when nothing answers there. A kind without schemes is wired up by
    the program that has its two ends.
    """

    title: str
    schemes: Mapping[str, Connect]


def names() -> tuple[str, ...]:
    """Every kind of signer there is."""
    return registry.names(__path__)


def load(name: str) -> DeviceKind:
    """The kind of that name. Raises TypeError when its module is half-made."""
    return registry.load(__name__, name, "DEVICE", DeviceKind)
