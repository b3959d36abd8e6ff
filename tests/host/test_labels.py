"""Labels are written, exchanged (BIP329), and never lost to a bad file."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host import labels
from host.__main__ import main
from host.errors import BadInput
from host.labels import KINDS, Label
from host.store import Store
from host.store.schema import MIGRATIONS
from tests.wallets import STRANGER, fund, paired

TXID = "f546156d9044844e02b181026a1a407abfca62e7ea1159f87bbeaa77b4286c74"
COIN = f"{TXID}:3"
# The examples of BIP329 for what is kept here, and one of a kind that nobody knows.
FILE = "\n".join(
    [
        f'{{"type":"tx","ref":"{TXID}","label":"Transaction","origin":"wpkh([d34db33f/84h])"}}',
        '{"type":"addr","ref":"bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c","label":"Address"}',
        f'{{"type":"output","ref":"{COIN}","label":"Output","spendable":false}}',
        "",
        f'{{"type":"input","ref":"{TXID}:0","label":"Input","height":800000}}',
        '{"type":"planet","ref":"mars","label":"red"}',
    ]
).encode()
Typed = Callable[..., Any]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    async def run(*words: str) -> tuple[int, str, str]:
        line = ["wallet", *words, "--home", str(tmp_path / "home")]
        status = await asyncio.to_thread(main, line)
        return status, *capsys.readouterr()

    return run


def test_the_examples_of_the_standard_are_read_and_strange_kinds_left_aside() -> None:
    found = labels.read(FILE)
    assert [label.kind for label in found] == ["tx", "addr", "output", "input"]
    assert found[2] == Label("output", COIN, "Output", spendable=False)
    assert labels.read(b"") == ()
    assert labels.read(FILE.decode().encode("utf-16")) == found


label = st.builds(
    Label,
    st.sampled_from([kind for kind in KINDS if kind != "output"]),
    st.text("0123456789abcdef:", min_size=1, max_size=70),
    st.text(max_size=300).map(labels.plain).filter(bool),
)


@given(st.lists(label, unique_by=lambda each: (each.kind, each.ref), max_size=8))
def test_what_is_written_reads_back(kept: list[Label]) -> None:
    assert labels.read(labels.write(kept).encode()) == tuple(kept)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "it is no text"),
        (b"\x89PNG", "it is no text"),
        (FILE + b"\n{", "Line 7 is no JSON object"),
        (b"[]", "Line 1 is no JSON object"),
        (b"[" * 100_000, "Line 1 is no JSON object"),
        (b'{"type":"tx"}', "Line 1 has no type or no ref"),
        (b'{"type":"tx","ref":"","label":"x"}', "Line 1 has no type or no ref"),
        (b'{"type":"tx","ref":"a","label":7}', "of another kind"),
        (b'{"type":"output","ref":"a:0","spendable":"no"}', "of another kind"),
        (b'{"type":"output","ref":"a:0","spendable":false}', "not TXID:N"),
    ],
)
def test_a_bad_file_is_said_by_its_line(data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        labels.read(data)
    assert "Nothing was changed." in str(refused.value)


def test_a_label_cannot_move_the_cursor_and_is_cut() -> None:
    nasty = json.dumps({"type": "tx", "ref": TXID, "label": "a\x1b[2J\n\u202eb" + "x" * 400})
    (kept,) = labels.read(nasty.encode())
    assert kept.text.isprintable()
    assert len(kept.text) == 255


async def test_labels_go_in_are_shown_and_come_out_again(typed: Typed, tmp_path: Path) -> None:
    wallet = paired(tmp_path / "home" / "regtest" / "wpkh")
    txid = fund(wallet, 100_000)
    wallet.close()
    file = tmp_path / "labels.jsonl"
    file.write_bytes(FILE)
    status, out, _ = await typed("import-labels", str(file))
    assert (status, out) == (0, "4 labels are kept.\n")
    status, out, _ = await typed("label", f" {txid.upper()} ", "Rent \u2713")
    assert status == 0
    await typed("label", STRANGER.upper(), "Somebody")
    await typed("freeze", f"{txid}:0")
    _, out, _ = await typed("history")
    assert out.rstrip().endswith("confirmed  Rent \u2713")
    _, out, _ = await typed("history", "--json")
    assert json.loads(out)["label"] == "Rent \u2713"
    _, out, _ = await typed("export", "labels")
    again = labels.read(out.encode())
    assert set(labels.read(FILE)) < set(again)
    assert Label("tx", txid, "Rent \u2713") in again
    assert Label("addr", STRANGER, "Somebody") in again
    assert Label("output", f"{txid}:0", "", spendable=False) in again
    file.write_text(f'{{"type":"output","ref":"{txid}:0","spendable":true}}\nno JSON\n')
    status, out, talk = await typed("import-labels", str(file))
    assert (status, "Line 2" in talk) == (2, True)
    file.write_text(f'{{"type":"output","ref":"{txid}:0","spendable":true}}\n')
    await typed("import-labels", str(file))
    await typed("label", txid, "")
    _, out, _ = await typed("export", "labels")
    assert not any(txid in each.ref for each in labels.read(out.encode()))


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("label", TXID, "x"), 1, "There is no wallet here yet"),
        (("label", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "x"), 2, "no address of regtest"),
        (("label", "abandon abandon", "x"), 2, "This is no txid"),
        (("import-labels", "no-such-file"), 2, "cannot be read"),
    ],
)
async def test_what_cannot_be_labelled_is_said(
    typed: Typed, words: tuple[str, ...], status: int, says: str
) -> None:
    ended, out, talk = await typed(*words)
    assert (ended, out) == (status, "")
    assert says in talk
    assert "abandon" not in talk


def test_a_wallet_of_version_6_keeps_its_frozen_coins_and_can_have_labels(tmp_path: Path) -> None:
    file = tmp_path / "wallet.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        for step in MIGRATIONS[:6]:
            db.executescript(step)
        db.execute("INSERT INTO frozen_coins VALUES (?)", (COIN,))
        db.execute("PRAGMA user_version = 6")
    store = Store(file)
    store.keep_labels([Label("output", COIN, "Savings")])
    assert store.labels() == (Label("output", COIN, "Savings", spendable=False),)
    store.close()
