"""Which network of each chain this device is for: a setting, never what a payload claims.

A chain names its networks in its own words, that of coins with value first. Until somebody chooses,
a device is for test coins: the second.
"""

from firmware_emu.storage.settings import Settings
from signer import chains


def chosen(settings: Settings) -> dict[str, str]:
    """The network of every chain there is, by the chain's name."""
    return {chain: network_of(settings, chain) for chain in chains.names()}


def network_of(settings: Settings, chain: str) -> str:
    """The chosen network of a chain. A word that the chain no longer has is no choice."""
    real, *tests = chains.load(chain).networks
    network = dict(settings.networks).get(chain, "")
    if network == real or network in tests:
        return network
    return tests[0] if tests else real


def exists(chain: str, network: str = "") -> bool:
    """Whether there is such a chain, and such a network of it."""
    return chain in chains.names() and (not network or network in chains.load(chain).networks)


def has_value(chain: str, network: str) -> bool:
    """Whether coins on this network are worth anything."""
    return network == chains.load(chain).networks[0]


def choose(settings: Settings, network: str) -> Settings:
    """The settings with this network for each chain that has it. Raises LookupError if none has."""
    on_it = [chain for chain in chains.names() if network in chains.load(chain).networks]
    if not on_it:
        raise LookupError(network)
    for chain in on_it:
        settings = settings.with_network(chain, network)
    return settings


def label(chain: str, network: str) -> str:
    """What the home screen calls it."""
    return f"{chain.capitalize()} {network}"
