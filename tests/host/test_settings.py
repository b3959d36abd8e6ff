"""What need not be typed again: config.toml, read strictly and written whole."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host import settings
from host.cli import parser
from host.cli.options import resolve
from host.config import NETWORKS, PURPOSE
from host.errors import WalletError
from host.settings import Settings, WalletSettings

TEXT = """\
# what a person wrote
wallet = "savings"

[wallets.savings]
network = "testnet4"   # play money
script = "tr"
account = 3
device = "tcp:127.0.0.1:30121"

[wallets.old]
script = "pkh"
"""


@pytest.mark.parametrize("mark", ["", "\ufeff"])  # older editors of Windows write one
def test_what_a_person_wrote_is_read(mark: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(mark + TEXT, "utf-8")
    known = settings.load(tmp_path)
    assert known.wallet == "savings"
    assert known.wallets["savings"] == WalletSettings("testnet4", "tr", 3, "tcp:127.0.0.1:30121")
    assert known.wallets["old"] == WalletSettings(script="pkh")


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("line", "wrong", "says"),
    [
        (2, 'walet = "savings"', "line 2: There is no setting 'walet' here."),
        (2, 'wallet = "gone"', "line 2: There is no [wallets.gone] in the file."),
        (2, "wallet = 5", "line 2: There is no"),
        (5, 'network = "liquid"', "line 5: Choose one of mainnet"),
        (6, 'script = "p2pk"', "line 6: Choose one of pkh"),
        (7, 'account = "3"', "line 7: account must be a number."),
        (7, "account = true", "line 7: account must be a number."),
        (7, "account = -1", "line 7: An account is a number from 0."),
        (8, "devise = ''", "line 8: There is no setting 'devise' for a wallet."),
        (8, "device = 5", 'line 8: device must be text in "quotes".'),
        (10, "[wallets.'../x']", "line 10: '../x' cannot be a wallet's name."),
        (5, "network = ", "line 5"),
    ],
)
def test_an_error_names_its_line(tmp_path: Path, line: int, wrong: str, says: str) -> None:
    lines = TEXT.splitlines()
    lines[line - 1] = wrong
    (tmp_path / "config.toml").write_text("\n".join(lines))
    with pytest.raises(WalletError) as failed:
        settings.load(tmp_path)
    assert says in str(failed.value)
    assert "Nothing was changed." in str(failed.value)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "a b", "x" * 41, "-a", "é"])
def test_what_cannot_be_a_folder_cannot_be_a_name(name: str) -> None:
    with pytest.raises(WalletError, match="cannot be a wallet's name"):
        settings.check_name(name)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True),
        st.builds(
            WalletSettings,
            st.sampled_from(NETWORKS),
            st.sampled_from(tuple(PURPOSE)),
            st.integers(0, 2**31 - 1),
            words,
            words,
            words,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_saved_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, wallets: dict[str, WalletSettings]
) -> None:
    folder = tmp_path_factory.mktemp("home")
    kept = Settings(next(iter(wallets)), wallets)
    settings.save(folder, kept)
    assert settings.load(folder) == kept


def test_a_wallet_remembered_is_the_one_that_opens() -> None:
    before = Settings("a", {"a": WalletSettings()})
    after = before.remember("b", WalletSettings(account=1))
    assert after.wallet == "b"
    assert set(after.wallets) == {"a", "b"}
    assert replace(after, wallet="a").wallets == after.wallets


@pytest.mark.parametrize(
    ("words", "proxy"),
    [
        ((), "tor"),
        (("--peer", "127.0.0.1:1"), "tor"),
        (("--server", "electrum:h:1"), "tor"),
        (("--proxy", "10.0.0.1:9"), "10.0.0.1:9"),
        (("--proxy", "none"), ""),
    ],
)
def test_a_proxy_that_is_remembered_is_not_left_out_for_another_server(
    tmp_path: Path, words: tuple[str, ...], proxy: str
) -> None:
    kept = WalletSettings(server="p2p:127.0.0.1:1", proxy="tor")
    settings.save(tmp_path, Settings().remember("savings", kept))
    args = parser().parse_args(["wallet", "sync", "--home", str(tmp_path), *words])
    resolve(args)
    assert args.proxy == proxy
