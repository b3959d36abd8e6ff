"""Choosing the network of a chain. Towards coins of value never by one short press."""

from dataclasses import replace

from firmware_emu.flows import Flow, Pause
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Question, Wait
from firmware_emu.storage import networks
from firmware_emu.storage.vault import Vault
from signer import chains


def choose_network(vault: Vault) -> Flow[None]:
    """Changes the network of a chain if the person picks another, and keeps it."""
    chain = yield from choose_chain(chains.names())
    if not chain:
        return
    words = tuple(chains.load(chain).networks)
    current = networks.network_of(vault.settings, chain)
    answer = yield Menu(f"{chain.capitalize()} network", words, words.index(current))
    if not isinstance(answer, Picked) or answer.item == current:
        return
    if networks.has_value(chain, answer.item) and not (yield from _agree(answer.item)):
        return
    settings = vault.settings.with_network(chain, answer.item)
    yield Pause(Wait("Changing the network."), replace(vault, settings=settings))


def choose_chain(names: tuple[str, ...]) -> Flow[str]:
    """The chain a person means, without asking where there is only one; empty for none."""
    if len(names) == 1:
        return names[0]
    answer = yield Menu("Which chain?", tuple(name.capitalize() for name in names))
    return answer.item.lower() if isinstance(answer, Picked) else ""


def _agree(network: str) -> Flow[bool]:
    sentences = (
        f"Coins on {network} are worth money.",
        "This is a program: whoever copies its file can try PINs on it.",
    )
    answer = yield Question("Real coins?", sentences, yes="switch", hold=True)
    return isinstance(answer, Acknowledged)
