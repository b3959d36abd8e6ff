"""Where the coins of a transaction come from and go: drawn, and as a program reads it."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import bdkpython as bdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.__main__ import main
from host.config import NETWORKS, grouped
from host.diagram import MOST_ROWS, FlowCoin, TransactionFlow, draw
from host.errors import BadInput
from host.flows import script_address
from host.session.records import WalletRecords
from host.values import PaymentRequest
from host.wallet import payment_request
from signer.chains.bitcoin.example import EXAMPLE
from tests.wallets import STRANGER, fund, paired, sign

MINE = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"
SEVERAL = TransactionFlow(
    (
        FlowCoin(4_975_000, "yours", MINE, f"{'7d1f' * 16}:1"),
        FlowCoin(100_000, "yours", MINE, f"{'aa10' * 16}:0"),
        FlowCoin(300_000, "yours", MINE, f"{'33c2' * 16}:2"),
    ),
    (FlowCoin(25_000, "theirs", STRANGER), FlowCoin(5_349_859, "change", MINE)),
)
DRAWN = """\
7d1f…7d1f:1   yours 4 975 000 ─┐     ┌─    25 000  theirs  Anna
Savings of…   yours   100 000 ─┼─────┼─ 5 349 859  change  bcrt1q6…z3cppk
33c2…33c2:2   yours   300 000 ─┘     └─       141  fee"""
amounts = st.integers(0, 10**10)
coins = st.builds(
    FlowCoin,
    st.none() | amounts,
    st.sampled_from(["yours", "theirs", "change", ""]),
    st.sampled_from([MINE, STRANGER, "", "00" * 40]),
    st.builds("{}:{}".format, st.sampled_from(["7d1f" * 16, "00" * 32]), st.integers(0, 99)),
)
sides = st.lists(coins, min_size=1, max_size=40).map(tuple)
paid = st.lists(coins.filter(lambda coin: coin.sats is not None), min_size=1, max_size=9).map(tuple)


def plain(lines: tuple[str, ...]) -> str:
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def test_inputs_stand_on_the_left_outputs_and_the_fee_on_the_right() -> None:
    labels = {f"{'aa10' * 16}:0": "Savings of the year", STRANGER: "Anna"}
    assert plain(draw(SEVERAL, 74, labels)) == DRAWN


def test_one_coin_branches_out_and_many_are_folded_with_their_sum() -> None:
    single = draw(replace(SEVERAL, inputs=(FlowCoin(5_375_000, "yours", MINE, "aa:0"),)), 74)
    assert [line.count("─┼─") for line in map(plain, zip(single, strict=True))] == [0, 1, 0]
    many = replace(SEVERAL, inputs=SEVERAL.inputs * 6)
    lines = plain(draw(many, 80)).splitlines()
    assert len(lines) == MOST_ROWS
    rest = sum(coin.sats or 0 for coin in many.inputs[MOST_ROWS - 1 :])
    assert lines[-1].startswith("13 more")
    assert f" {rest:,} ".replace(",", " ") in lines[-1]


@given(sides, paid, st.integers(74, 200))
def test_no_line_is_too_long_and_no_coin_is_lost(
    inputs: tuple[FlowCoin, ...], outputs: tuple[FlowCoin, ...], width: int
) -> None:
    flow = TransactionFlow(inputs, outputs)
    lines = draw(flow, width)
    assert all(len(line) <= width for line in lines)
    text = "\n".join(lines)
    for side in (inputs, outputs):
        kept = side if len(side) <= MOST_ROWS else side[: MOST_ROWS - 1]
        assert all(coin.sats is None or grouped(coin.sats) in text for coin in kept)
        assert (len(kept) < len(side)) <= (f"{len(side) - len(kept)} more" in text)
    assert ("fee" in text) is (flow.fee_sats is not None)


@pytest.mark.parametrize("network", NETWORKS)
def test_an_output_is_named_as_its_network_writes_addresses(network: str) -> None:
    program = bytes(range(1, 21))
    scripts = (
        b"\x76\xa9\x14" + program + b"\x88\xac", b"\xa9\x14" + program + b"\x87",
        b"\x00\x14" + program, b"\x00\x20" + program + bytes(12), b"\x51\x20" + b"\x02" * 32,
        b"\x60\x02\x01\x02",
    )  # fmt: skip
    for script in scripts:
        assert script_address(script, network) == payment_request.address(script, network)
    for script in (b"", b"\x51", b"\x00\x05hello", b"\x21" + b"\x02" * 33 + b"\xac"):
        assert script_address(script, network) == script.hex()
        with pytest.raises(bdk.FromScriptError):
            payment_request.address(script, network)


def owners(flow: TransactionFlow) -> list[tuple[str, int | None]]:
    return sorted((coin.owner, coin.sats) for coin in flow.outputs)


async def test_a_wallet_says_whose_each_coin_is_before_and_after_it_was_signed(
    tmp_path: Path,
) -> None:
    with closing(paired(tmp_path / "w")) as wallet:
        fund(wallet, 100_000)
        book = WalletRecords(lambda: wallet)
        draft = wallet.draft_request(replace(PaymentRequest.to(STRANGER, 25_000), data=b"note"))
        flow = await book.flow(draft.psbt)
        assert [(coin.owner, coin.sats) for coin in flow.inputs] == [("yours", 100_000)]
        expected = [("", 0), ("change", draft.change_sats), ("theirs", 25_000)]
        assert owners(flow) == expected
        assert flow.fee_sats == draft.fee_sats
        payment = wallet.finish(draft, sign(draft.psbt))
        for source in (payment.raw_tx, payment.txid):
            assert await book.flow(source) == flow
        received = await book.flow(wallet.history()[-1].txid)
        assert ("yours", 100_000) in owners(received)
        assert received.fee_sats is None
        with pytest.raises(BadInput, match="no transaction"):
            await book.flow("00" * 32)


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    monkeypatch.setenv("QUIETKEY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    file = tmp_path / "pay.psbt"
    file.write_bytes(EXAMPLE.payload)

    def typed(*flags: str) -> str:
        assert main(["psbt", "show", str(file), *flags]) == 0
        return capsys.readouterr().out

    return typed


def test_a_psbt_is_drawn_where_it_is_asked_for(run: Callable[..., str]) -> None:
    assert "─┼─" not in run()
    drawn = run("--diagram").split("\n\n")[-1]
    assert "─┼─" in drawn
    assert "141  fee" in drawn
    assert max(map(len, drawn.splitlines())) <= 80


def test_a_program_and_a_screen_reader_have_all_of_it(run: Callable[..., str]) -> None:
    flow = json.loads(run("--json"))["flow"]
    assert flow["fee_sats"] == 141
    spent = sum(coin["sats"] for coin in flow["inputs"])
    assert spent == sum(coin["sats"] for coin in flow["outputs"]) + 141
    assert all(coin["outpoint"] and coin["address"] for coin in flow["inputs"])
