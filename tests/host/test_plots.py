"""The history at a glance: as pictures, sentences and values, in the app and the command line."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from host.__main__ import main
from host.session import charts, plots
from host.session.api import WalletSnapshot
from host.session.plots import BalancePoint, Bar
from host.values import Balance, HistoryEntry, HistoryRow, Utxo
from tests import goldens
from tests.gallery.app_shots import SHOTS, take
from tests.wallets import NOW, fund, paired

DAY = 86_400


def entry(txid: str, net_sats: int, time: int | None, height: int | None = 5) -> HistoryEntry:
    return HistoryEntry(HistoryRow(txid, net_sats, None, height, 1, time))


def test_the_balance_is_what_blocks_made_of_it() -> None:
    newest_first = (
        entry("d", 9_000, 400, None),
        entry("c", -3_000, 300),
        entry("b", 5_000, 100),
        entry("a", 1_000, 100),
    )
    points = plots.balance_over_time(newest_first)
    assert points == (BalancePoint(100, 6_000), BalancePoint(300, 3_000))
    sentence = plots.balance_sentence(points)
    assert "Highest 6 000 sats on 1970-01-01, at the end 3 000 sats." in sentence


def test_coins_are_as_old_as_their_blocks() -> None:
    history = (entry("new", 5, 100 * DAY), entry("old", 7, 0), entry("waits", 9, None, None))
    coins = (
        Utxo("new:0", 5, "", 5),
        Utxo("new:1", 6, "", 5),
        Utxo("old:0", 7, "", 5),
        Utxo("waits:0", 9, "", None),
    )
    wallet = WalletSnapshot("", 5, Balance(18, 9), coins, history)
    ages = [bar for bar in plots.coin_ages(wallet, 101 * DAY) if bar.count]
    assert ages == [Bar("under a week", 11, 2), Bar("under half a year", 7, 1)]
    assert plots.balance_sentence([plots.BalancePoint(0, 5_000)]) == "5 000 sats since 1970-01-01."
    assert plots.ages_sentence(ages).startswith("By age: under a week, 2 coins, 11 sats;")


def test_what_others_pay_is_sorted_by_rate_and_nothing_is_claimed_where_nobody_tells() -> None:
    bars = plots.fee_bars(((250.0, 300), (4.9, 200), (3.0, 100), (0.4, 50)))
    assert [(bar.name, bar.amount) for bar in bars] == [
        ("144 sat/vB and more", 300),
        ("3 to 5 sat/vB", 300),
        ("under 1 sat/vB", 50),
    ]
    assert "Nobody here tells" in plots.fees_sentence(None)
    assert "Nothing waits" in plots.fees_sentence(())


def test_an_area_has_the_size_it_was_given_and_ends_at_the_last_balance() -> None:
    points = (BalancePoint(0, 100), BalancePoint(50, 800), BalancePoint(100, 400))
    lines = charts.area(points, 20, 4)
    assert [len(line) for line in lines] == [20] * 4
    assert lines[0].rstrip().endswith("█"), "the highest point reaches the top"
    assert "".join(line[-1] for line in lines) == "  ██", "half of the highest at the end"
    assert charts.area((), 20, 4) == charts.area((BalancePoint(0, 0),), 20, 4) == []


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_the_longest_bar_fills_the_line(columns: int) -> None:
    lines = charts.bars((Bar("a", 8_000, 1), Bar("bb", 1_000, 1), Bar("c", 0, 0)), columns, "vB")
    assert lines[0].count("█") == max(columns - 2 - 8 - 2, 1)
    assert len({len(line) for line in lines}) == 1
    assert "█" not in lines[2]


def test_the_command_line_draws_says_and_lists_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    with closing(paired(tmp_path / "regtest" / "wpkh")) as wallet:
        fund(wallet, 50_000)
    words = ["wallet", "plot", "--home", str(tmp_path)]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["balance"] == [{"time": NOW, "sats": 50_000}]
    assert sum(bar["count"] for bar in told["coin_ages"]) == 1
    assert told["waiting_fees"] is None

    assert main([*words, "--text"]) == 0
    spoken = capsys.readouterr().out
    assert "50 000 sats since " in spoken
    assert not set(spoken) & set("█▁▂▃▄▅▆▇▏▎▍▌▋▊▉")

    assert main(words) == 0
    drawn = capsys.readouterr().out.splitlines()
    assert any("█" in line for line in drawn)
    assert max(len(line) for line in drawn if "█" in line) < 60


async def test_the_app_has_them_on_a_page() -> None:
    trends = next(shot for shot in SHOTS if shot.name == "trends")
    shown = await take(trends, (80, 24), goldens.screen_text)
    assert "Balance over time" in shown
    assert "at the end 44 499 700 sats." in shown
    assert "█" in shown
    assert "Coin ages" in shown
    assert "What others pay" not in shown, "nobody tells"
