"""What a device holds: its vault, its randomness, and its keys while they are open."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from firmware_emu.effects import State
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import PendingSignature, Unlocked
from firmware_emu.personalities import Profile
from firmware_emu.screens.notice import Notice
from firmware_emu.storage import networks, seed_records, vault
from firmware_emu.storage.settings import SERIAL_BYTES, Settings
from firmware_emu.storage.vault import Cost, Vault
from signer.errors import Malformed
from signer.keys.keyring import Keyring

FORGOTTEN = Notice("Forgotten", ("Nobody was at the keys. All seeds are forgotten.",))


@dataclass(frozen=True, slots=True)
class DeviceState:
    """`damaged`: the flash is unreadable, and `vault` a new one.

    `pending` is a signature for a host that has yet to show its entropy. `notes` are lines for
    the home screen, `label` what its keys are (see `Unlocked`).

    Without a `cost` of PIN tries nothing is kept: `seeds` are those in memory, among them the keys
    in use.
    """

    vault: Vault
    cost: Cost | None
    pool: EntropyPool = field(repr=False)
    keyring: Keyring | None = None
    damaged: bool = False
    pending: PendingSignature | None = None
    notes: tuple[str, ...] = ()
    label: str = ""
    seeds: tuple[Unlocked, ...] = ()

    @property
    def state(self) -> State:
        if self.keyring:
            return State.UNLOCKED
        return State.LOCKED if self.vault.sealed or self.damaged else State.EMPTY

    @property
    def fingerprint(self) -> str:
        return self.keyring.fingerprint.hex() if self.keyring else ""

    @property
    def profile(self) -> Profile:
        """What personalities are told of this device."""
        settings = self.vault.settings
        return Profile(networks.chosen(settings), settings.model, settings.serial)

    def unlocked(self, keys: Unlocked) -> "DeviceState":
        """With these keys, and what is kept for them; those before are wiped, but for `seeds`."""
        tag = seed_records.tag_of(keys.keyring) if keys.label else b""
        vault = self.vault.of_keys(tag)
        if self.cost is None:
            seeds = (*self._other_seeds(keys), keys)
            return replace(
                self, keyring=keys.keyring, label=keys.label, seeds=seeds, pending=None, vault=vault
            )
        return replace(self.locked(), keyring=keys.keyring, label=keys.label, vault=vault)

    def _other_seeds(self, keys: Unlocked) -> Iterator[Unlocked]:
        """Those in memory besides `keys`; the same ones, loaded before, are wiped."""
        for item in self.seeds:
            if item.keyring.fingerprint != keys.keyring.fingerprint:
                yield item
            elif item.keyring is not keys.keyring:
                item.keyring.wipe()

    def locked(self) -> "DeviceState":
        """Without keys: they are wiped, and nothing tells which were in use."""
        for keys in (self.keyring, *(item.keyring for item in self.seeds)):
            if keys:
                keys.wipe()
        vault = self.vault.wiped() if self.cost is None else self.vault.of_keys(b"")
        return replace(self, keyring=None, label="", seeds=(), pending=None, vault=vault)

    @property
    def parting(self) -> Notice | None:
        """What a person reads who comes back to a device that has locked itself."""
        return FORGOTTEN if self.cost is None else None

    def with_network(self, network: str) -> "DeviceState":
        """Set to this network, for each chain that has it. Raises LookupError if none has."""
        settings = networks.choose(self.vault.settings, network)
        return replace(self, vault=replace(self.vault, settings=settings))


def at_power_on(
    record: bytes | None, cost: Cost | None, pool: EntropyPool, notes: tuple[str, ...] = ()
) -> DeviceState:
    """What a device holds that finds this record in its flash; None is a flash never written."""
    blank = Vault(Settings(pool.draw(SERIAL_BYTES)))
    if record is None:
        return DeviceState(blank, cost, pool, notes=notes)
    try:
        return DeviceState(vault.parse(record), cost, pool, notes=notes)
    except Malformed:
        return DeviceState(blank, cost, pool, damaged=True, notes=notes)
