"""The account's public keys as a QR code, for a wallet that has no cable to this device."""

from firmware_emu.flows import Flow
from firmware_emu.flows.menu.account_forms import (
    EVERY,
    KINDS,
    ExportedAccount,
    KeyKind,
    advice,
    alternatives,
)
from firmware_emu.flows.menu.network import choose_chain
from firmware_emu.screens.menu import Menu, Number, NumberChosen, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question
from firmware_emu.screens.qr import Alternative, animated
from firmware_emu.storage import networks
from firmware_emu.storage.settings import Settings
from signer import chains
from signer.formats import account
from signer.formats.qr import peers
from signer.formats.qr.peers import PROGRAMS, Program
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, bare, render

# BIP84 and BIP86: what new accounts are. And BIP48 for those of several keys.
_SINGLE = tuple(kind for kind in KINDS if kind.script in ("wpkh", "tr"))
_SHARED = next(kind for kind in KINDS if not kind.is_single)
_EVERY = "All of them"
_NONE = Notice("Show account", ("No chain here has accounts that fit a code.",))


def export(settings: Settings, keyring: Keyring) -> Flow[None]:
    """Shows the first account of each kind. It tells all its addresses, and spends nothing.

    Behind it, by a key, the one for accounts of several keys, and each as `[fingerprint/path]xpub`.
    """
    chain = yield from _chain()
    if chain:
        network = networks.network_of(settings, chain)
        single = tuple(_key_of(keyring, kind, 0, chain, network) for kind in _SINGLE)
        shared = _key_of(keyring, _SHARED, 0, chain, network)
        yield animated(
            f"Account on {network}",
            account.render(account.Account(keyring.fingerprint, single)),
            alternatives=(
                Alternative(
                    f"Multisig on {network}",
                    account.render(account.Account(keyring.fingerprint, (shared,))),
                ),
                *(_as_text(keyring, key.script, key) for key in single),
                _as_text(keyring, "Multisig", shared),
            ),
        )


def export_for_program(settings: Settings, keyring: Keyring) -> Flow[None]:
    """Shows an account of any kind and number, in the form that a program reads."""
    chain = yield from _chain()
    kinds = (yield from _choose_kinds()) if chain else ()
    number = (yield from _choose_number()) if kinds else None
    program = (yield from _choose_program()) if number is not None else None
    if number is None or program is None:
        return
    network = networks.network_of(settings, chain)
    listed = tuple(_key_of(keyring, kind, number, chain, network) for kind in kinds)
    whole = account.Account(keyring.fingerprint, listed)
    exported = ExportedAccount(chain, network, kinds, whole, keyring)
    first, *alternates = alternatives(exported, program)
    way = f"{render(listed[0].path)} on" if len(kinds) == 1 else f"Account {number} on"
    sentences = (
        f"{way} {network}.",
        advice(exported, program),
        f"First: {first.title.lower()}. Others: press c.",
    )
    if isinstance((yield Question(program.name, sentences, "show", "back")), Acknowledged):
        peer = peers.peer(program.peer)
        yield animated(first.title, first.message, peer, tuple(alternates))


def _chain() -> Flow[str]:
    """The chain whose accounts fit a code; empty for none."""
    names = tuple(name for name in chains.names() if chains.policy_accounts(name))
    if not names:
        yield _NONE
        return ""
    return (yield from choose_chain(names))


def _choose_kinds() -> Flow[tuple[KeyKind, ...]]:
    choices = {kind.label: (kind,) for kind in KINDS} | {_EVERY: EVERY}
    answer = yield Menu("Which kind?", tuple(choices))
    return choices[answer.item] if isinstance(answer, Picked) else ()


def _choose_number() -> Flow[int | None]:
    answer = yield Number("Account number", "The first one is 0.", HARDENED - 1)
    return answer.value if isinstance(answer, NumberChosen) else None


def _choose_program() -> Flow[Program | None]:
    choices = {program.name: program for program in PROGRAMS}
    answer = yield Menu("For which program?", tuple(choices))
    return choices[answer.item] if isinstance(answer, Picked) else None


def _as_text(keyring: Keyring, name: str, key: account.AccountKey) -> Alternative:
    """For programs that read one key, with its origin (BIP380, Key Expressions)."""
    origin = f"{keyring.fingerprint.hex()}/{bare(key.path)}"
    return Alternative(f"{name} as text", (f"[{origin}]{key.xpub}",))


def _key_of(
    keyring: Keyring, kind: KeyKind, number: int, chain: str, network: str
) -> account.AccountKey:
    coin = 0 if networks.has_value(chain, network) else 1  # SLIP44
    steps = (kind.purpose, coin, number)
    path: Path = (*(step + HARDENED for step in steps), *kind.steps)
    return account.key(kind.script, path, chains.load(chain).xpub(keyring, path, network))
