"""What no seed brings back, in one file under a password, and back on another machine."""

import json
import os
import pty
import stat
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host import settings
from host.__main__ import main
from host.app import backup, sealed_file
from host.app.sealed_file import StretchCost, seal, unseal
from host.config import HomeFolder
from host.errors import BadInput, WalletError
from host.labels import Label
from host.payees.contacts import Contact
from host.settings import Settings, WalletSettings
from host.wallet import Wallet, descriptors
from tests.cosigners import descriptor
from tests.wallets import NOW, STRANGER, WORDS, fund, paired

PASSWORD = "correct horse"
QUICK = StretchCost(64, 1, 1)
SAVINGS = WalletSettings(device="tcp:127.0.0.1:30121", server="p2p:127.0.0.1:18444")


@pytest.fixture
def home(tmp_path: Path) -> HomeFolder:
    """Two wallets with names, one of them of several keys, and an account without a name."""
    home = HomeFolder(tmp_path / "home")
    named = {"savings": SAVINGS, "club": WalletSettings(script="policy")}
    settings.save(home.root, Settings("savings", named))
    with closing(paired(home.named("savings"))) as wallet:
        txid = fund(wallet, 50_000)
        given_away = wallet.next_address()
        wallet.mark_verified(given_away)
        wallet.store.keep_labels(
            [Label("tx", txid, "Wages"), Label("addr", given_away.address, "Rent")]
        )
        wallet.freeze(f"{txid}:0")
        wallet.store.keep_contact(Contact("Anna", STRANGER))
    pairing = descriptors.read(descriptor(), "regtest").pairing
    with closing(Wallet.create(home.named("club"), pairing, clock=lambda: NOW)) as club:
        club.store.register("73c5da0a", "club")
        club.next_address()
    paired(home.wallet("testnet", "tr", 3), "tr", "testnet").close()
    return home


def content(home: HomeFolder) -> dict[str, Any]:
    """All that is to be the same, by wallet."""
    bundle: dict[str, Any] = json.loads(backup.collect(home, NOW))
    return {entry["name"] or entry["pairing"]["network"]: entry for entry in bundle["wallets"]}


def elsewhere(tmp_path: Path) -> HomeFolder:
    return HomeFolder(tmp_path / "another machine")


def test_what_comes_back_is_what_was_there(home: HomeFolder, tmp_path: Path) -> None:
    other = elsewhere(tmp_path)
    restored = backup.restore(other, backup.collect(home, NOW))
    assert restored.wallets == ("savings", "club", "testnet/tr")
    assert content(other) == content(home)
    assert settings.load(other.root) == settings.load(home.root)
    with closing(Wallet.open(other.named("savings"))) as wallet:
        assert not wallet.search.complete, "coins are looked for again"
        assert wallet.revealed()[0] == 2, "no address is given a second time"
        assert wallet.next_address().index == 2
        assert [label.text for label in wallet.store.labels() if label.text] == ["Rent", "Wages"]
        assert len(wallet.store.frozen()) == 1
    with closing(Wallet.open(other.named("club"))) as club:
        assert club.store.registrations() == {"73c5da0a": "club"}


def test_no_secret_is_in_it(home: HomeFolder) -> None:
    bundle = backup.collect(home, NOW).decode()
    assert not any(word in bundle for word in ("prv", "seed", " ".join(WORDS[:2])))


def test_what_is_there_already_is_left_alone(home: HomeFolder, tmp_path: Path) -> None:
    other = elsewhere(tmp_path)
    paired(other.named("savings")).close()
    settings.save(other.root, Settings("savings", {"savings": WalletSettings()}))
    restored = backup.restore(other, backup.collect(home, NOW))
    assert restored.left_alone == ("savings",)
    assert settings.load(other.root).wallets["savings"] == WalletSettings()
    assert content(other)["savings"]["contacts"] == []
    again = backup.restore(other, backup.collect(home, NOW))
    assert again.wallets == ()


def test_an_empty_home_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(WalletError, match="no wallet to back up"):
        backup.collect(elsewhere(tmp_path), NOW)


def _of_wallet(key: str, value: object) -> Any:  # noqa: ANN401 - a change of a bundle
    return lambda bundle: bundle["wallets"][0].update({key: value})


@pytest.mark.parametrize(
    "change",
    [
        lambda bundle: bundle.update(format=2),
        lambda bundle: bundle.pop("wallets"),
        lambda bundle: bundle.update(wallets=5),
        lambda bundle: bundle["settings"].update({"../x": {}}),
        lambda bundle: bundle["settings"]["savings"].update(seed="abandon"),
        lambda bundle: bundle["wallets"][0]["pairing"].update(network="../.."),
        lambda bundle: bundle["wallets"][0]["pairing"].update(script="x/y"),
        lambda bundle: bundle["wallets"][0]["addresses"][0].__setitem__(1, STRANGER),
        _of_wallet("name", "../outside"),
        _of_wallet("gap", "many"),
        _of_wallet("birthday", "yesterday"),
        _of_wallet("labels", "{"),
        _of_wallet("contacts", [{"name": "Anna"}]),
        _of_wallet("registrations", []),
    ],
)
def test_a_bundle_that_cannot_be_read_restores_nothing(
    home: HomeFolder,
    tmp_path: Path,
    change: Any,  # noqa: ANN401 - a function on a bundle
) -> None:
    bundle = json.loads(backup.collect(home, NOW))
    change(bundle)
    other = elsewhere(tmp_path)
    with pytest.raises((BadInput, WalletError)):
        backup.restore(other, json.dumps(bundle).encode())
    assert list(other.root.iterdir()) == [], "not even a scratch folder"


# The file


@given(st.binary(max_size=500), st.text(min_size=8, max_size=30))
def test_what_was_sealed_opens_with_its_password_alone(contents: bytes, password: str) -> None:
    file = seal(contents, password, QUICK)
    assert unseal(file, password) == contents
    with pytest.raises(BadInput, match="not the password"):
        unseal(file, f"{password}x")


def test_no_two_files_are_alike_and_none_shows_what_is_in_it() -> None:
    files = {seal(b"Anna " * 20, PASSWORD, QUICK) for _ in range(5)}
    assert len(files) == 5
    assert not any(b"Anna" in file for file in files)


def test_the_same_letters_are_the_same_password_on_every_system() -> None:
    composed, decomposed = "schl\u00fcssel", "schlu\u0308ssel"
    assert unseal(seal(b"x", composed, QUICK), decomposed) == b"x"


def test_every_changed_byte_is_noticed_and_none_is_a_traceback() -> None:
    file = seal(b"contents", PASSWORD, QUICK)
    for place in range(len(file)):
        for changed in (
            file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :],
            file[:place],
        ):
            with pytest.raises(BadInput, match="Nothing was restored"):
                unseal(changed, PASSWORD)


def test_a_file_that_would_exhaust_the_machine_is_not_tried() -> None:
    for numbers in ((1 << 30, 1, 1), (64, 200, 1), (64, 1, 60), (8, 1, 4)):
        header = sealed_file._Header(StretchCost(*numbers), bytes(16), bytes(12)).encode()
        with pytest.raises(BadInput, match="damaged"):
            unseal(header + bytes(64), PASSWORD)


def test_a_newer_file_says_so() -> None:
    file = bytearray(seal(b"x", PASSWORD, QUICK))
    file[len(sealed_file.MAGIC)] += 1
    with pytest.raises(BadInput, match="newer Quietkey"):
        unseal(bytes(file), PASSWORD)


def test_only_its_owner_may_read_it_and_none_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    sealed_file.write(path, b"first")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BadInput, match="already"):
        sealed_file.write(path, b"second")
    assert sealed_file.read(path) == b"first"
    with pytest.raises(WalletError):
        sealed_file.write(tmp_path / "nowhere" / "backup", b"x")
    assert [file.name for file in tmp_path.iterdir()] == ["backup"]


# As it is typed


def typed(home: HomeFolder, password: str, *words: str) -> int:
    """With the password at a file descriptor of its own."""
    reading, writing = os.pipe()
    os.write(writing, f"{password}\n".encode())
    os.close(writing)
    return main(
        ["wallet", *words, "--password-fd", str(reading), "--home", str(home.root), "--json"]
    )


def test_backup_another_home_restore(
    home: HomeFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = tmp_path / "quietkey.backup", elsewhere(tmp_path)
    assert typed(home, "short", "backup", str(file)) == 2
    assert not file.exists()
    assert typed(home, PASSWORD, "backup", str(file)) == 0
    assert "The seed is not in it" in capsys.readouterr().err
    assert typed(other, "another password", "restore", str(file)) == 2
    assert "This is not the password of this backup" in capsys.readouterr().out
    assert not other.root.exists()
    assert typed(other, PASSWORD, "restore", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["restored"] == ["savings", "club", "testnet/tr"]
    assert content(other) == content(home)
    assert main(["wallet", "addresses", "--home", str(other.root), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in rows] == ["Rent", ""]


def test_without_a_terminal_the_password_has_another_way(
    home: HomeFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["wallet", "backup", str(tmp_path / "b"), "--home", str(home.root)]
    assert main(words) == 2
    assert "--password-fd" in capsys.readouterr().err
    assert main([*words, "--password-fd", "999"]) == 2


def at_a_terminal(words: Sequence[str], *answers: str) -> tuple[int, str]:
    """Type these answers at a terminal of its own; the exit status, and all that it showed."""
    command = [sys.executable, "-m", "host", "wallet", *words]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, command)
    shown = b""
    waiting = list(answers)
    with suppress(OSError):  # the other end is gone
        while piece := os.read(terminal, 1024):
            shown += piece
            if waiting and shown.endswith((b"backup: ", b"again: ")):
                os.write(terminal, f"{waiting.pop(0)}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_the_password_is_typed_twice_and_never_shown(home: HomeFolder, tmp_path: Path) -> None:
    words = ["backup", str(tmp_path / "b"), "--home", str(home.root)]
    status, shown = at_a_terminal(words, PASSWORD, "correct house")
    assert status == 2
    assert "two different passwords" in shown
    assert not (tmp_path / "b").exists()
    status, shown = at_a_terminal(words, PASSWORD, PASSWORD)
    assert status == 0
    assert "Written" in shown
    assert PASSWORD not in shown
    bundle = json.loads(unseal((tmp_path / "b").read_bytes(), PASSWORD))
    assert bundle["wallet"] == "savings"
