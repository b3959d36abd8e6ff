"""Errors whose text is shown to a person as it stands."""


class HostError(Exception):
    """What happened, what was not lost, what to do next: whole sentences, with full stops."""


class DeviceError(HostError):
    """The device answered with an error."""


class DeclinedOnDevice(DeviceError):
    """The person said no on the device."""


class LinkLost(HostError):
    """The cable was pulled, the port closed, or the camera saw nothing more."""


class NetworkError(HostError):
    """No peer answered, or the peers did not take what we sent."""


class PeersUnreachable(NetworkError):
    """No peer answered: nobody was told anything, and nobody refused anything."""


class WalletError(HostError):
    """The wallet cannot do it: too few coins, a wrong address, a changed transaction."""


class BadInput(WalletError):
    """What was typed or pasted cannot be used as it stands."""


class TooFewCoins(WalletError):
    """There is not enough to pay this. `missing_sats` is how much more is needed at least."""

    def __init__(self, text: str, missing_sats: int) -> None:
        super().__init__(text)
        self.missing_sats = missing_sats


class MoreSignatures(HostError):
    """A payment of several keys is kept, signed in part: `signed` of `keys`, places from 0.

    `missing` is how many signatures are needed yet, or None where that depends on who signs.
    """

    def __init__(self, text: str, signed: tuple[int, ...], keys: int, missing: int | None) -> None:
        super().__init__(text)
        self.signed, self.keys, self.missing = signed, keys, missing


class AddressAlarm(HostError):
    """Device, person and wallet do not agree on an address: somebody may be between them."""
