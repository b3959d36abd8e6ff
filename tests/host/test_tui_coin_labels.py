"""What is under the cursor: a coin that is labelled, and what y copies; warnings that stand out."""

from contextlib import closing
from pathlib import Path

from host.demo.lies import LOOKALIKE
from host.labels import Label
from host.payees.contacts import Contact
from host.session.records import WalletRecords
from tests.gallery import app_session
from tests.gallery.app_session import FakeSession
from tests.gallery.app_shots import PASTE
from tests.host.test_tui_records import at_the, funded
from tests.host.test_tui_themes import segments
from tests.wallets import fund, paired


def many_coins() -> FakeSession:
    session = funded()
    session.live_long()
    return session


async def test_a_coin_is_labelled_on_its_page_and_stays_picked() -> None:
    session = many_coins()
    async with at_the(session) as person:
        asked = await person.does("c", "down", "l")
        coin = f"{'01' * 32}:1"
        assert f"Coin {coin}" in asked
        listed = await person.does(f"{PASTE}From Anna", "enter")
        assert "From Anna" in listed
        assert session.records.written == {coin: "From Anna"}
        assert "From Anna" in await person.does("l", "escape"), "leaving writes nothing"
        await person.does("l", *("backspace",) * 9, "enter")
        assert session.records.written == {coin: ""}


async def test_a_frozen_coin_keeps_its_label_and_stays_frozen(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "w")) as wallet:
        fund(wallet, 50_000)
        (coin,) = wallet.utxos()
        wallet.freeze(coin.outpoint)
        await WalletRecords(lambda: wallet).write_label(coin.outpoint, "From Anna")
        assert wallet.utxos()[0].frozen
        assert Label("output", coin.outpoint, "From Anna", False) in wallet.store.labels()
        wallet.unfreeze(coin.outpoint)
        assert await WalletRecords(lambda: wallet).labels() == {coin.outpoint: "From Anna"}


async def test_y_copies_what_is_under_the_cursor() -> None:
    async with at_the(many_coins()) as person:
        for keys, copied in (
            (("r",), app_session.OURS),
            (("c", "down"), f"{'01' * 32}:1"),
            (("h", "down", "down"), "02" * 32),
            (("enter",), "02" * 32),
        ):
            shown = await person.does(*keys, "y")
            assert "The terminal was asked to copy it." in shown
            assert person.clipboard == copied


async def test_a_warning_of_a_look_alike_is_bold_in_every_word() -> None:
    session = funded()
    session.records.people["Anna"] = Contact("Anna", app_session.THEIRS)
    async with at_the(session) as person:
        await person.does("i", f"{PASTE}Bob", "tab", f"{PASTE}{LOOKALIKE}")
        said = [
            style for _, _, (text, style, _) in segments(person.app) if "begins and ends" in text
        ]
        assert said
        assert all(style is not None and style.bold for style in said)
