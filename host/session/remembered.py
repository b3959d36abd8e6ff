"""The wallet that config.toml names, as a session: its folder, its device, its server.

What is heavy is imported behind the first frame.
"""

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol

from host import settings
from host.config import GAP, HomeFolder, wall_clock
from host.dialer import TOR, Dialer, Proxy
from host.errors import LinkLost, NetworkError, WalletError
from host.session import wording
from host.session.api import Opening, WalletSession
from host.session.setup import Answers, Choice, Offers, read_proxy
from host.settings import WalletSettings

NO_DEVICE = (
    "No device is known for this wallet. Nothing was changed. Name one with quietkey wallet pair"
    " --wallet and --device, or write payments down with quietkey wallet pay --psbt-out."
)
NO_NAME = (
    "Only a wallet with a name remembers a proxy. Nothing was changed. Start with --proxy, or give"
    " the wallet a name: quietkey wallet pair --wallet NAME."
)
TOR_S = 0.5  # it is on this machine, or not there
OPENING = "Opening the wallet, looking for its device."


def opening(home: Path, name: str, wallet: WalletSettings) -> Opening:
    """How the wallet of that name in the folder `home` comes up."""
    link = _link(wallet)

    async def start(report: Callable[[str], None]) -> WalletSession:
        session = await asyncio.to_thread(_session, home, name, wallet, report)
        with suppress(LinkLost):  # the page says that it is not plugged in
            await session.plug()
        return session

    title, proxy = wording.title(wallet.network), wallet.proxy
    return Opening(title, link, OPENING, start, name=name, proxy=proxy)


class Wallets(Protocol):
    """The wallets of a home folder, for whoever lets a person choose one or set one up."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def demo(self) -> Opening: ...

    def usual(self) -> Opening | None:
        """The one that opens without a word; None when there is none."""
        ...

    def choose(self, name: str) -> Opening:
        """The wallet of that name, which opens without a word from now on. Raises WalletError."""
        ...

    def through(self, name: str, proxy: str) -> Opening:
        """The wallet of that name by another way: "tor", a SOCKS5 proxy, or "no". Raises HostError.

        It is remembered.
        """
        ...

    async def offers(self) -> Offers:
        """What can be answered on this machine."""
        ...

    async def set_up(self, answers: Answers) -> Opening:
        """A new wallet, which opens without a word from now on. Raises HostError."""
        ...


class HomeWallets:
    """Implements Wallets. config.toml is read when it is asked for: others may write it, too."""

    def __init__(self, home: Path, demo: Opening, tor: Proxy = TOR) -> None:
        """`tor` is where Tor usually is."""
        self._home = home
        self.demo = demo
        self._tor = tor

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(settings.load(self._home).wallets))

    def usual(self) -> Opening | None:
        config = settings.load(self._home)
        wallet = config.wallets.get(config.wallet)
        return None if wallet is None else opening(self._home, config.wallet, wallet)

    def choose(self, name: str) -> Opening:
        """Raises WalletError for one that is not there any more."""
        wallet = settings.load(self._home).wallets.get(name)
        if wallet is None:
            raise WalletError(f"The wallet {name} is not in {settings.FILE} any more.")
        return self._remembered(name, wallet)

    def through(self, name: str, proxy: str) -> Opening:
        """Raises WalletError for a wallet without a name, BadInput for what is no proxy."""
        wallet = settings.load(self._home).wallets.get(name)
        if wallet is None:
            raise WalletError(NO_NAME)
        return self._remembered(name, replace(wallet, proxy=read_proxy(proxy, wallet.server)))

    def _remembered(self, name: str, wallet: WalletSettings) -> Opening:
        settings.save(self._home, settings.load(self._home).remember(name, wallet))
        return opening(self._home, name, wallet)

    async def offers(self) -> Offers:
        learns, signers, has_tor = await asyncio.gather(
            asyncio.to_thread(_learns), _signers(), _answers(self._tor)
        )
        return Offers(signers, learns, self.names, _today(), has_tor)

    async def set_up(self, answers: Answers) -> Opening:
        """Raises HostError; then nothing is remembered."""
        name, wallet = answers.name or "", answers.wallet
        await _check_server(self._home, wallet)
        if answers.descriptor:
            wallet = await _watched(HomeFolder(self._home).named(name), wallet, answers.descriptor)
        config = settings.load(self._home)
        if name in config.wallets:
            raise WalletError(f"There is a wallet {name} already. Nothing was changed.")
        settings.save(self._home, config.remember(name, wallet))
        return opening(self._home, name, wallet)


async def _answers(proxy: Proxy) -> bool:
    """Whether somebody there speaks SOCKS5. Nobody is called through it."""
    with suppress(NetworkError, TimeoutError):
        async with asyncio.timeout(TOR_S):
            await Dialer(proxy).check()
            return True
    return False


def _today() -> str:
    return datetime.fromtimestamp(wall_clock(), UTC).date().isoformat()


def _learns() -> dict[str, str]:
    """By the scheme of a URL: what a server of that kind learns, in a sentence."""
    backends: Any = importlib.import_module("host.backends")
    kinds = map(backends.load, backends.names())
    return {scheme: kind.learns for kind in kinds for scheme in kind.schemes}


async def _signers() -> tuple[Choice, ...]:
    signers: Any = await asyncio.to_thread(importlib.import_module, "host.app.signers")
    return tuple(Choice(signer.address, signer.title) for signer in await signers.within_reach())


async def _check_server(home: Path, wallet: WalletSettings) -> None:
    """Raises HostError for a URL that names no server. Nobody is asked yet."""
    backend = await asyncio.to_thread(_backend, home / "headers", home, wallet)
    await backend.close()


async def _watched(folder: Path, wallet: WalletSettings, source: str) -> WalletSettings:
    """Make the wallet of a descriptor or an export. Raises HostError."""
    watch: Any = await asyncio.to_thread(importlib.import_module, "host.app.watch")
    text = await asyncio.to_thread(watch.description, source)
    read, _ = await watch.watch_text(folder, text, wallet.network, _search(wallet))
    return replace(wallet, script=read.pairing.script, account=read.pairing.account)


def _search(wallet: WalletSettings) -> Any:  # noqa: ANN401 - of a module that is heavy
    store: Any = importlib.import_module("host.store")
    day = wallet.birthday
    return store.Search(GAP, date.fromisoformat(day) if day else None)


def _backend(
    folder: Path, home: Path, wallet: WalletSettings, report: Callable[[str], None] = lambda _: None
) -> Any:  # noqa: ANN401 - as above
    backends: Any = importlib.import_module("host.backends")
    surroundings = backends.Surroundings(
        wallet.network, folder, home / "certificates.json", wallet.proxy, report
    )
    return backends.open_url(wallet.server, surroundings)


def _link(wallet: WalletSettings) -> str:
    """How its device is reached: "qr" of qr+krux:/dev/video0."""
    return wallet.device.partition(":")[0].partition("+")[0]


async def _no_device() -> NoReturn:
    """A wallet that was imported has none. Raises LinkLost."""
    raise LinkLost(NO_DEVICE)


def _session(
    home: Path, name: str, wallet: WalletSettings, report: Callable[[str], None]
) -> WalletSession:
    """Raises HostError. `report` hears how far a long look is, and of servers that are lost."""
    local: Any = importlib.import_module("host.session.local")
    connect: Any = importlib.import_module("host.app.connect")
    cable: Any = importlib.import_module("host.session.cable")
    dns: Any = importlib.import_module("host.servers.dns")
    folder = HomeFolder(home).named(name)
    session: WalletSession = local.LocalSession(
        local.WalletFolder(
            folder, wallet.network, wallet.script, wallet.account, name, _search(wallet)
        ),
        cable.Cable(lambda: connect.connect(wallet.device) if wallet.device else _no_device()),
        _backend(folder / "headers", home, wallet, report) if wallet.server else None,
        _link(wallet),
        resolver=dns.NameResolver(wallet.dns, wallet.proxy),
    )
    return session
