"""All wallets of a home as one bundle, without a secret: what no seed can bring back.

Descriptors, labels, frozen coins, contacts, which address was given when, which device knows a
wallet by which name, and the settings. Payments are not in it: the chain has them.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from host import labels, settings
from host.config import NETWORKS, PURPOSE, HomeFolder, private_folder
from host.errors import BadInput, WalletError
from host.payees.contacts import Contact
from host.settings import Settings, WalletSettings, check_name
from host.storage_errors import disk_error
from host.store import Pairing, Search
from host.wallet import Wallet

FORMAT = 1
_NOT_READ = "This backup holds what cannot be read here. Nothing was restored. Update Quietkey."
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """Which wallets are there now, and which were before and were left as they are."""

    wallets: tuple[str, ...]
    left_alone: tuple[str, ...]


def collect(home: HomeFolder, timestamp: int) -> bytes:
    """The bundle of every wallet in the folder. Raises WalletError when there is none."""
    config = settings.load(home.root)
    wallets = []
    for name, folder in _folders(home, config):
        with closing(Wallet.open(folder)) as wallet:
            wallets.append(_described(name, wallet))
    if not wallets:
        raise WalletError("There is no wallet to back up. Nothing was written.")
    bundle = {
        "format": FORMAT,
        "made": timestamp,
        "wallet": config.wallet,
        "settings": {name: asdict(wallet) for name, wallet in config.wallets.items()},
        "wallets": wallets,
    }
    return json.dumps(bundle, ensure_ascii=False).encode()


def _folders(home: HomeFolder, config: Settings) -> Iterator[tuple[str, Path]]:
    """Wallets with a name, and "" for each account without one."""
    accounts = ((name, home.named(name)) for name in config.wallets)
    unnamed = (("", path.parent) for path in sorted(home.root.glob("*/*/quietkey.sqlite")))
    for name, folder in (*accounts, *unnamed):
        is_account = bool(name) or folder.parent.name in NETWORKS
        if is_account and Wallet.exists(folder):
            yield name, folder


def _described(name: str, wallet: Wallet) -> Json:
    store, search = wallet.store, wallet.search
    return {
        "name": name,
        "pairing": asdict(wallet.pairing),
        "gap": search.gap,
        "birthday": search.birthday.isoformat() if search.birthday else None,
        "labels": labels.write(store.labels()),
        "contacts": [asdict(contact) for contact in store.contacts()],
        "registrations": store.registrations(),
        "addresses": [
            [index, wallet.address_at(index).address, issued, verified]
            for index, (issued, verified) in sorted(store.given_addresses().items())
        ],
    }


def restore(home: HomeFolder, bundle: bytes) -> Restored:
    """Make the wallets of a bundle that are not there yet. Raises BadInput, WalletError.

    None is there before all can be read, and each is there whole or not at all. The next sync looks
    for their coins.
    """
    try:
        with TemporaryDirectory(prefix=".restoring-", dir=private_folder(home.root)) as scratch:
            return _restore(home, json.loads(bundle), Path(scratch))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(_NOT_READ) from error
    except OSError as error:
        raise disk_error(error, home.root) from error


def _restore(home: HomeFolder, content: Json, scratch: Path) -> Restored:
    if content["format"] > FORMAT:
        raise BadInput(_NOT_READ)
    wallets = {
        check_name(name): WalletSettings(**values) for name, values in content["settings"].items()
    }
    ready: list[tuple[str, Path, Path]] = []
    left_alone: list[str] = []
    for entry in content["wallets"]:
        title, folder = _place(home, entry)
        if folder.exists():
            left_alone.append(title)
        else:
            ready.append((title, _filled(scratch / str(len(ready)), entry), folder))
    for _, path, folder in ready:
        private_folder(folder.parent)
        path.rename(folder)
    titles = tuple(title for title, _, _ in ready)
    _remember(home, content["wallet"], wallets, titles)
    return Restored(titles, tuple(left_alone))


def _place(home: HomeFolder, entry: Json) -> tuple[str, Path]:
    """What a wallet is called, and its folder, which no bundle can choose freely."""
    pairing = Pairing(**entry["pairing"])
    if pairing.network not in NETWORKS or pairing.script not in {*PURPOSE, "policy"}:
        raise ValueError
    if entry["name"]:
        return entry["name"], home.named(check_name(entry["name"]))
    folder = home.wallet(pairing.network, pairing.script, int(pairing.account))
    return str(folder.relative_to(home.root)), folder


def _filled(path: Path, entry: Json) -> Path:
    """A new wallet in that folder. Raises ValueError for addresses that are not its own."""
    birthday = entry["birthday"]
    search = Search(int(entry["gap"]), date.fromisoformat(birthday) if birthday else None)
    with closing(Wallet.create(path, Pairing(**entry["pairing"]), search=search)) as wallet:
        store = wallet.store
        store.keep_labels(labels.read(entry["labels"].encode()))
        for contact in entry["contacts"]:
            store.keep_contact(Contact(**contact))
        for fingerprint, name in entry["registrations"].items():
            store.register(fingerprint, name)
        for index, address, issued, verified in entry["addresses"]:
            if wallet.address_at(index).address != address:
                raise ValueError(index)
            store.hand_out(index, address, issued)
            if verified:
                store.mark_verified(index, issued)
    return path


def _remember(
    home: HomeFolder, usual: str, wallets: dict[str, WalletSettings], restored: Collection[str]
) -> None:
    """The settings of what was restored; the one that opens is the bundle's when there was none."""
    present = settings.load(home.root)
    added = {name: wallet for name, wallet in wallets.items() if name in restored}
    merged = {**added, **present.wallets}
    wallet = present.wallet or (usual if usual in merged else "")
    if added:
        settings.save(home.root, replace(present, wallet=wallet, wallets=merged))
