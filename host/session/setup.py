"""The questions before there is a wallet, each as a value, and the settings that answers make.

No face and nothing heavy is here: what a machine has and what a server learns is handed in.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from host.config import PEER_PORTS
from host.errors import BadInput, WalletError
from host.servers import location
from host.settings import WalletSettings, check_name

STRAIGHT = "no"  # proxy: what most want
REAL = "Real coins: what it pays is gone. Begin with a small amount."
# No wallet's name and no device's address.
DEMO, OWN, OTHER, DESCRIPTOR, DAY = ":demo", ":own", ":other", ":descriptor", ":day"
_LOCATIONS = {
    "p2p": "Nodes to ask, HOST:PORT with commas between. Leave it empty to have them found.",
    "electrum": "HOST:PORT of the server.",
    "electrum+tls": "HOST:PORT of the server, which must speak TLS.",
    "esplora": "The address of the server, https://HOST/api for example.",
    "core": "HOST:PORT of your node. Leave it empty for the one on this machine.",
}
_ELECTRUM = {"electrum": 50001, "electrum+tls": 50002}
_NO_SEEDS = "A regtest network has no list of nodes. Write HOST:PORT of one. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: what it stands for, how it is called, and a sentence about it."""

    value: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SetupQuestion:
    """To be answered by one of `choices`, or, when there are none, by a line that begins as `text`.

    `key` is the field of Answers that it fills. `proxy` is what a second line begins as, by which
    the way there is said, and `hint` is about that; None where there is none.
    """

    key: str
    sentence: str
    choices: tuple[Choice, ...] = ()
    text: str = ""
    hint: str = ""
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """What the questions depend on: what is within reach, what servers learn, names, the day.

    `has_tor`: it answers on this machine.
    """

    signers: tuple[Choice, ...] = ()
    learns: Mapping[str, str] = field(default_factory=dict)
    names: Collection[str] = ()
    today: str = ""
    has_tor: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered so far; None was not asked yet."""

    network: str | None = None
    source: str | None = None
    location: str | None = None
    signer: str | None = None
    address: str | None = None
    descriptor: str | None = None
    name: str | None = None
    birthday: str | None = None
    day: str | None = None
    proxy: str = ""

    @property
    def server(self) -> str:
        """As `--server` takes it."""
        return f"{self.source}:{self.location}"

    @property
    def device(self) -> str:
        """As `--device` takes it; "" for a wallet that only watches."""
        if self.signer == DESCRIPTOR:
            return ""
        return self.address or "" if self.signer == OTHER else self.signer or ""

    @property
    def wallet(self) -> WalletSettings:
        """What config.toml is to remember."""
        since = self.day if self.birthday == DAY else self.birthday
        return WalletSettings(
            self.network or "", device=self.device, server=self.server, proxy=self.proxy,
            birthday=since or "",
        )  # fmt: skip


NETWORKS = (
    Choice("mainnet", "Bitcoin", REAL),
    Choice("signet", "Signet", "Test coins, worth nothing. Blocks come as on Bitcoin."),
    Choice("testnet4", "Testnet 4", "Test coins, worth nothing."),
    Choice("testnet", "Testnet 3", "Test coins, worth nothing. The older one."),
    Choice("regtest", "Regtest", "A network of your own, for trials."),
)
_SOURCES = (
    Choice("p2p", "Bitcoin nodes"),
    Choice("electrum+tls", "An Electrum server, encrypted (TLS)"),
    Choice("electrum", "An Electrum server, not encrypted"),
    Choice("esplora", "An Esplora server"),
    Choice("core", "Your own Bitcoin Core"),
)
_OTHER_SIGNERS = (
    Choice(OTHER, "A device somewhere else", "You write where: tcp:HOST:PORT, serial:PATH, qr:..."),
    Choice(DESCRIPTOR, "No device: I have a descriptor", "You watch, and sign elsewhere."),
)


def first_question(names: Collection[str], current: str = "") -> SetupQuestion:
    """Which wallet: one of these names, the demo, or one that is set up now."""
    listed = tuple(Choice(name, name, "Open now." if name == current else "") for name in names)
    sentence = "Which wallet?" if names else "Nothing is set up yet. How would you like to begin?"
    another = "Set up another wallet" if names else "Use my own device and a real network"
    demo = Choice(DEMO, "Try it on a built-in network", "Nothing of it is kept.")
    new = Choice(OWN, another)
    return SetupQuestion("begin", sentence, (*listed, new, demo) if names else (demo, new))


def next_question(answers: Answers, offers: Offers) -> SetupQuestion | None:
    """What is asked next; None when all is known."""
    for question in _questions(answers, offers):
        if getattr(answers, question.key) is None:
            return question
    return None


def _questions(answers: Answers, offers: Offers) -> tuple[SetupQuestion, ...]:
    sources = tuple(
        replace(choice, note=offers.learns.get(choice.value, "")) for choice in _SOURCES
    )
    source = answers.source or "p2p"
    signers = (*offers.signers, *_OTHER_SIGNERS)
    other = SetupQuestion("address", "Where is the device?", text="tcp:127.0.0.1:30121")
    watched = SetupQuestion(
        "descriptor", "The descriptor, or the name of a file with a wallet's export:"
    )
    described = {OTHER: (other,), DESCRIPTOR: (watched,)}.get(answers.signer or "", ())
    day = SetupQuestion("day", "The day before the first coin came, YYYY-MM-DD:", text=offers.today)
    return (
        SetupQuestion("network", "Which network?", NETWORKS),
        SetupQuestion("source", "Who tells you about the chain?", sources),
        SetupQuestion(
            "location",
            _LOCATIONS[source],
            text=_usual_place(source, answers.network or ""),
            hint=proxy_hint(offers.has_tor),
            proxy=STRAIGHT,
        ),
        SetupQuestion("signer", "Who signs?", signers),
        *described,
        SetupQuestion("name", "A name for the wallet:", text=_free_name(answers, offers.names)),
        SetupQuestion("birthday", "Was the seed used before?", _birthdays(offers.today)),
        *((day,) if answers.birthday == DAY else ()),
    )


def _birthdays(today: str) -> tuple[Choice, ...]:
    return (
        Choice("", "Perhaps: look at the whole chain", "Takes longest, and misses nothing."),
        Choice(today, "No, it is new", "Blocks before today are not looked at."),
        Choice(DAY, "Yes, since a day that I know"),
    )


def _usual_place(source: str, network: str) -> str:
    if source in _ELECTRUM:
        return f"127.0.0.1:{_ELECTRUM[source]}"
    on_regtest = source == "p2p" and network == "regtest"
    return f"127.0.0.1:{PEER_PORTS[network]}" if on_regtest else ""


def _free_name(answers: Answers, names: Collection[str]) -> str:
    name = "savings" if answers.network == "mainnet" else answers.network or ""
    numbers = (f"{name}-{number}" for number in range(2, len(names) + 3))
    return next(free for free in (name, *numbers) if free not in names)


def proxy_hint(has_tor: bool) -> str:
    """What can be written as the way there."""
    if has_tor:
        return "Tor answers on this machine. Write tor to go through it: slower, and unseen."
    return "no: straight there. Or tor, or a SOCKS5 proxy, socks5://HOST:PORT."


def read_proxy(text: str, server: str) -> str:
    """The way there as settings have it: "" straight, else "tor" or a proxy. Raises BadInput."""
    plain = text.strip()
    proxy = "" if plain.lower() in {"", "none", STRAIGHT} else plain
    location.dialer(proxy, re.findall(r"[\w.-]+\.onion\b", server.lower()))
    return proxy


def answer(
    answers: Answers, question: SetupQuestion, text: str, offers: Offers, proxy: str = STRAIGHT
) -> Answers:
    """With this answer, and the way there. Raises BadInput for one that cannot be meant."""
    plain = text.strip()
    if question.proxy is not None:
        answers = replace(answers, proxy=read_proxy(proxy, plain))
    match question.key:
        case "name":
            _check_new_name(plain, offers.names)
        case "day":
            read_day(plain, offers.today)
        case "location" if not plain and answers.network == "regtest" and answers.source == "p2p":
            raise BadInput(_NO_SEEDS)
        case "location" if not plain and answers.source not in {"p2p", "core"}:
            raise BadInput("Write where the server is. Nothing was changed.")
        case "address" if not re.match(r"[a-z+]+:.", plain):
            raise BadInput("Write tcp:HOST:PORT, serial:PATH or qr:SOURCE. Nothing was changed.")
        case "descriptor" if not plain:
            raise BadInput("Paste the descriptor, or write the name of a file with it.")
        case _:
            pass
    changes: dict[str, str] = {question.key: plain}
    return replace(answers, **changes)


def _check_new_name(name: str, names: Collection[str]) -> None:
    try:
        check_name(name)
    except WalletError as error:
        raise BadInput(str(error)) from error
    if name in names:
        raise BadInput(f"There is a wallet {name} already. Nothing was changed. Take another name.")


def read_day(text: str, today: str) -> date:
    """A day that has passed, as YYYY-MM-DD. Raises BadInput."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("Write a day like 2025-02-01.") from error
    if today and day > date.fromisoformat(today):
        raise BadInput("That day is still to come. Write one that has passed.")
    return day
