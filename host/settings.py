"""What a person need not type again: config.toml in the home folder. Flags win over it.

wallet = "savings"                  # the one that opens
theme = "light"                     # of the app: dark, light, high-contrast, terminal

[wallets.savings]
network = "testnet4"
script = "wpkh"
account = 0
device = "serial:/dev/ttyACM0"
server = "p2p:"
dns = "9.9.9.9"                     # the resolver of names (BIP353), not the system's own
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from host import files
from host.config import HARDENED, NETWORKS, PURPOSE, private_folder
from host.errors import WalletError
from host.storage_errors import disk_error

FILE = "config.toml"
THEMES = ("dark", "light", "high-contrast", "terminal")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NO_QUOTES = {ord('"'): None, ord("'"): None}
_HEADER = "# Quietkey. Flags of the command line win over what is here.\n"


@dataclass(frozen=True, slots=True)
class WalletSettings:
    """One wallet: which account it is, where its device is, whom to ask. "" is unknown.

    Nothing was received before the `birthday`, a day as YYYY-MM-DD.
    """

    network: str = "regtest"
    script: str = "wpkh"
    account: int = 0
    device: str = ""
    server: str = ""
    proxy: str = ""
    birthday: str = ""
    dns: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All wallets by name, the one that opens without a word, and the app's theme."""

    wallet: str = ""
    wallets: Mapping[str, WalletSettings] = field(default_factory=dict)
    theme: str = ""

    def remember(self, name: str, wallet: WalletSettings) -> "Settings":
        """With this wallet, which opens from now on."""
        return replace(self, wallet=name, wallets={**self.wallets, name: wallet})


@dataclass(frozen=True, slots=True)
class ThemeChoice:
    """The app's theme, "" for the usual one, and the folder that remembers another, if any."""

    name: str = ""
    home: Path | None = None

    @classmethod
    def of(cls, home: Path, theme: str | None) -> "ThemeChoice":
        """The one that was named, else the one the folder remembers. Raises WalletError."""
        return cls(theme or load(home).theme, home)

    def remember(self, name: str) -> None:
        """The app begins with it from now on. Raises WalletError."""
        if self.home is not None:
            save(self.home, replace(load(self.home), theme=name))


def check_name(name: str) -> str:
    """The name of a wallet, if it can be one: it is a folder's, too. Raises WalletError."""
    if not _NAME.fullmatch(name):
        raise WalletError(
            f"{name[:40]!r} cannot be a wallet's name. Use up to 40 small letters, digits, - and _."
        )
    return name


def load(home: Path) -> Settings:
    """What the file in that folder says; nothing when there is none. Raises WalletError."""
    path = home / FILE
    try:
        files.check(path)
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except UnicodeDecodeError as error:
        raise WalletError(f"{path} is no text. Nothing was changed. Repair it.") from error
    except OSError as error:
        raise disk_error(error, path) from error
    try:
        return _settings(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise WalletError(f"{path}: {error}. Nothing was changed. Repair it.") from error
    except _WrongKey as error:
        raise WalletError(
            f"{path}, line {_line(text, error.section, error.key)}: {error.reason}"
            " Nothing was changed. Repair it."
        ) from error


def save(home: Path, settings: Settings) -> None:
    """In the place of what was there. Raises WalletError."""
    path = private_folder(home) / FILE
    scratch = path.with_suffix(".new")
    try:
        scratch.write_text("".join(_lines(settings)), "utf-8")
        scratch.replace(path)
    except OSError as error:
        raise disk_error(error, path) from error


class _WrongKey(Exception):
    def __init__(self, section: str, key: str, reason: str) -> None:
        super().__init__(reason)
        self.section, self.key, self.reason = section, key, reason


def _settings(table: dict[str, Any]) -> Settings:
    for key in table:
        if key not in {"wallet", "wallets", "theme"}:
            raise _WrongKey("", key, f"There is no setting {key!r} here.")
    name, wallets = table.get("wallet", ""), table.get("wallets", {})
    if not isinstance(wallets, dict):
        raise _WrongKey("", "wallets", "Write a [wallets.NAME] for each wallet.")
    by_name = {key: _wallet(key, values) for key, values in wallets.items()}
    if not isinstance(name, str) or (name and name not in by_name):
        raise _WrongKey("", "wallet", f"There is no [wallets.{name}] in the file.")
    theme = table.get("theme", "")
    if theme not in {"", *THEMES}:
        raise _WrongKey("", "theme", f"Choose one of {', '.join(THEMES)}.")
    return Settings(name, by_name, theme)


def _wallet(name: str, values: object) -> WalletSettings:
    section = f"wallets.{name}"
    if not _NAME.fullmatch(name) or not isinstance(values, dict):
        raise _WrongKey(section, "", f"{name[:40]!r} cannot be a wallet's name.")
    types = {column.name: type(column.default) for column in fields(WalletSettings)}
    for key, value in values.items():
        if key not in types:
            raise _WrongKey(section, key, f"There is no setting {key!r} for a wallet.")
        if type(value) is not types[key]:
            what = "a number" if types[key] is int else 'text in "quotes"'
            raise _WrongKey(section, key, f"{key} must be {what}.")
    wallet = replace(WalletSettings(), **values)
    if wallet.network not in NETWORKS:
        raise _WrongKey(section, "network", f"Choose one of {', '.join(NETWORKS)}.")
    if wallet.script not in {*PURPOSE, "policy"}:
        raise _WrongKey(section, "script", f"Choose one of {', '.join(PURPOSE)}.")
    if not 0 <= wallet.account < HARDENED:
        raise _WrongKey(section, "account", "An account is a number from 0.")
    if wallet.birthday and not _is_day(wallet.birthday):
        raise _WrongKey(section, "birthday", "A birthday is a day like 2025-02-01.")
    return wallet


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _line(text: str, section: str, key: str) -> int:
    """The line of a key in its section; the section's own for a key that is not there."""
    here, last = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            here = stripped.strip("[] ").translate(_NO_QUOTES)
        last = number if here == section else last
        if here == section and key and re.match(rf'"?{re.escape(key)}"?\s*=', stripped):
            return number
        if section and here == section and not key:
            return number
    return last


def _lines(settings: Settings) -> Iterator[str]:
    yield _HEADER
    if settings.wallet:
        yield f"wallet = {_quoted(settings.wallet)}\n"
    if settings.theme:
        yield f"theme = {_quoted(settings.theme)}\n"
    for name, wallet in settings.wallets.items():
        yield f"\n[wallets.{name}]\n"
        for setting in fields(wallet):
            value = getattr(wallet, setting.name)
            if value != "":
                yield f"{setting.name} = {_quoted(value)}\n"


def _quoted(value: str | int) -> str:
    """As TOML writes it: JSON's text is TOML's, but for one character and what is beyond UCS-2."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
