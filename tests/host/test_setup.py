"""From an empty home to a wallet that is remembered: the questions, and what answers make."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host import settings
from host.__main__ import main
from host.app.signers import within_reach
from host.config import NETWORKS, HomeFolder
from host.dialer import Proxy
from host.errors import BadInput, HostError
from host.session import setup
from host.session.api import Opening, WalletSession
from host.session.remembered import HomeWallets
from host.session.setup import Answers, Choice, Offers
from host.settings import WalletSettings
from tests.proxies import Socks
from tests.wallets import paired

TODAY = "2026-11-30"
OFFERS = Offers((Choice("serial:/dev/ttyACM0", "A device"),), {"p2p": "Little."}, (), TODAY)
DESCRIPTOR = (
    "wpkh([73c5da0a/84h/1h/0h]tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39"
    "yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M/<0;1>/*)"
)
ANSWERS = Answers(
    "regtest", "electrum", "127.0.0.1:50001", "tcp:127.0.0.1:30121", name="mine", birthday=""
)


async def _nothing(_: Callable[[str], None]) -> WalletSession:
    raise HostError("There is no demo here.")


DEMO = Opening("demo", "tcp", "", _nothing, keeps=False)


def asked(*texts: str, offers: Offers = OFFERS) -> tuple[Answers, list[str]]:
    """Answer one question after the other; with the keys of those that came."""
    answers, keys = Answers(), list[str]()
    for text in texts:
        question = setup.next_question(answers, offers)
        assert question is not None
        keys.append(question.key)
        answers = setup.answer(answers, question, text, offers)
    return answers, keys


def test_six_answers_make_a_wallet() -> None:
    answers, keys = asked("signet", "p2p", "", "serial:/dev/ttyACM0", "mine", "")
    assert keys == ["network", "source", "location", "signer", "name", "birthday"]
    assert setup.next_question(answers, OFFERS) is None
    assert answers.wallet == WalletSettings("signet", device="serial:/dev/ttyACM0", server="p2p:")


def test_what_is_said_decides_what_is_asked_next() -> None:
    answers, keys = asked(
        "mainnet", "core", "", setup.OTHER, "qr:/dev/video0", "mine", setup.DAY, "2025-02-01"
    )
    assert keys[3:5] == ["signer", "address"]
    assert keys[-1] == "day"
    assert answers.wallet.birthday == "2025-02-01"
    assert answers.device == "qr:/dev/video0"
    watching, keys = asked("mainnet", "p2p", "", setup.DESCRIPTOR, DESCRIPTOR, "mine", TODAY)
    assert keys[4] == "descriptor"
    assert watching.device == ""
    assert watching.wallet.birthday == TODAY


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no", ""), ("", ""), (" None ", ""), ("tor", "tor"),
        ("socks5://127.0.0.1:9999", "socks5://127.0.0.1:9999"),
        ("127.0.0.1:9150", "127.0.0.1:9150"),
    ],
)  # fmt: skip
def test_the_way_to_a_server_is_said_with_the_server_and_is_straight_unless_it_is(
    text: str, kept: str
) -> None:
    before = replace(ANSWERS, location=None)
    question = setup.next_question(before, OFFERS)
    assert question is not None
    assert question.proxy == setup.STRAIGHT
    answers = setup.answer(before, question, "example.org:50001", OFFERS, text)
    assert answers.wallet.proxy == kept
    signer = setup.next_question(replace(answers, signer=None), OFFERS)
    assert signer is not None
    assert signer.proxy is None, "it is asked once, on the page of the server"


@pytest.mark.parametrize(
    ("server", "proxy", "sentence"),
    [
        ("example.org:50001", "http://127.0.0.1:8080", "no kind of proxy"),
        ("example.org:50001", "9050", "is not HOST:PORT"),
        ("example.org:50001", "socks5://me:secret@127.0.0.1:9050", "A password does not belong"),
        (f"{'a' * 56}.onion:50001", "no", "through Tor only"),
    ],
)
def test_a_way_that_leads_nowhere_is_asked_again(server: str, proxy: str, sentence: str) -> None:
    question = setup.next_question(replace(ANSWERS, location=None), OFFERS)
    assert question is not None
    with pytest.raises(BadInput, match=sentence) as refused:
        setup.answer(replace(ANSWERS, location=None), question, server, OFFERS, proxy)
    assert "secret" not in str(refused.value)


async def test_tor_is_offered_where_it_answers_and_is_kept_as_the_flag_keeps_it(
    tmp_path: Path,
) -> None:
    async with Socks({}) as proxy:
        tor = Proxy("Tor", (("127.0.0.1", 1), ("127.0.0.1", proxy.port)))
        wallets = HomeWallets(tmp_path, DEMO, tor)
        offers = await wallets.offers()
        assert offers.has_tor
        assert not proxy.asked, "nobody was called through it"
    assert not (await wallets.offers()).has_tor
    question = setup.next_question(replace(ANSWERS, location=None), offers)
    assert question is not None
    assert "Tor answers on this machine" in question.hint
    opening = await wallets.set_up(replace(ANSWERS, proxy="tor"))
    assert opening.proxy == "tor"
    assert settings.load(tmp_path).wallets["mine"].proxy == "tor"
    assert wallets.through("mine", "no").proxy == ""
    assert settings.load(tmp_path).wallets["mine"].proxy == ""
    with pytest.raises(BadInput, match="no kind of proxy"):
        wallets.through("mine", "http://127.0.0.1:8080")
    with pytest.raises(HostError, match="Only a wallet with a name"):
        wallets.through("", "tor")


def test_real_coins_are_called_so_and_every_network_is_there() -> None:
    network = setup.next_question(Answers(), OFFERS)
    assert network is not None
    assert {choice.value for choice in network.choices} == set(NETWORKS)
    assert [choice.value for choice in network.choices if "Real coins" in choice.note] == [
        "mainnet"
    ]


def test_a_server_says_what_it_learns() -> None:
    source = setup.next_question(Answers("signet"), OFFERS)
    assert source is not None
    assert source.choices[0].note == "Little."


def test_a_name_that_is_free_is_offered() -> None:
    offers = replace(OFFERS, names=("savings", "savings-2"))
    asks_name = setup.next_question(replace(ANSWERS, network="mainnet", name=None), offers)
    assert asks_name is not None
    assert asks_name.text == "savings-3"


@pytest.mark.parametrize(
    ("before", "text", "sentence"),
    [
        ({"name": None}, "My wallet", "cannot be a wallet's name"),
        ({"name": None}, "taken", "There is a wallet taken already"),
        ({"source": "p2p", "location": None}, " ", "no list of nodes"),
        ({"location": None}, "", "Write where the server is"),
        ({"signer": setup.OTHER}, "/dev/ttyACM0", "Write tcp:HOST:PORT"),
        ({"signer": setup.DESCRIPTOR}, "", "Paste the descriptor"),
        ({"birthday": setup.DAY}, "1.2.2025", "Write a day like"),
        ({"birthday": setup.DAY}, "2026-12-01", "still to come"),
    ],
)
def test_an_answer_that_cannot_be_meant_is_asked_again(
    before: dict[str, str | None], text: str, sentence: str
) -> None:
    answers, offers = replace(ANSWERS, **before), replace(OFFERS, names=("taken",))
    question = setup.next_question(answers, offers)
    assert question is not None
    with pytest.raises(BadInput, match=sentence):
        setup.answer(answers, question, text, offers)


async def test_an_emulated_device_and_cameras_are_found(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    (tmp_path / "video0").touch()
    signers = [signer.address for signer in await within_reach(emulator.address, tmp_path)]
    assert signers[0] == "tcp:{}:{}".format(*emulator.address)
    assert signers[-1] == f"qr:{tmp_path / 'video0'}"


async def test_a_wallet_that_was_set_up_opens_without_a_word(tmp_path: Path) -> None:
    wallets = HomeWallets(tmp_path, DEMO)
    assert wallets.usual() is None
    offers = await wallets.offers()
    assert "not which addresses are yours" in offers.learns["p2p"]
    await wallets.set_up(ANSWERS)
    await wallets.set_up(replace(ANSWERS, name="other"))
    usual = wallets.usual()
    assert usual is not None
    assert usual.name == "other"
    assert wallets.choose("mine").name == "mine"
    assert (usual := wallets.usual()) is not None
    assert usual.name == "mine"
    assert wallets.names == ("mine", "other")


async def test_what_cannot_be_opened_is_not_remembered(tmp_path: Path) -> None:
    wallets = HomeWallets(tmp_path, DEMO)
    for wrong in (
        replace(ANSWERS, location="no port"),
        replace(ANSWERS, descriptor="wpkh(nothing)"),
    ):
        with pytest.raises(HostError):
            await wallets.set_up(wrong)
    assert wallets.names == ()
    await wallets.set_up(ANSWERS)
    with pytest.raises(HostError, match="already"):
        await wallets.set_up(ANSWERS)
    with pytest.raises(HostError, match="not in config"):
        wallets.choose("gone")


async def test_a_descriptor_is_a_wallet_from_its_birthday_on(tmp_path: Path) -> None:
    paired(tmp_path / "elsewhere").close()
    wallets = HomeWallets(tmp_path, DEMO)
    answers = replace(
        ANSWERS, signer=setup.DESCRIPTOR, descriptor=DESCRIPTOR, birthday="2025-02-01"
    )
    opening = await wallets.set_up(answers)
    assert settings.load(tmp_path).wallets["mine"].birthday == "2025-02-01"
    session = await asyncio.wait_for(opening.start(lambda _: None), 10)
    try:
        assert await session.open_wallet()
        assert (await session.snapshot()).fingerprint == "73c5da0a"
    finally:
        await session.close()
    assert (HomeFolder(tmp_path).named("mine") / "quietkey.sqlite").exists()


def test_the_command_line_lists_what_is_within_reach(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wallets", "--signers", "--json"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert set(json.loads(line)) == {"address", "title"}
