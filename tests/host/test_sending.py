"""A transaction that somebody else finished is sent, and nothing else is."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from host.cli import parser, verbs
from host.cli.options import resolve
from host.devnet.network import Devnet
from host.errors import BadInput
from tests.devnets import payment
from tests.wallets import paired


def words(tmp_path: Path, devnet: Devnet, file: Path) -> list[str]:
    peers = [word for peer in devnet.peers for word in ("--peer", peer)]
    return ["wallet", "broadcast", str(file), "--home", str(tmp_path), "--json", *peers]


@pytest.mark.parametrize("form", ["hex", "binary"])
async def test_it_is_given_to_the_network(
    tmp_path: Path, devnet: Devnet, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    paired(tmp_path / "regtest" / "wpkh").close()
    node = devnet.node(0)
    transaction = payment(node.chain, node.mempool)
    raw = transaction.encode()
    file = tmp_path / "signed.txn"
    file.write_bytes(raw if form == "binary" else raw.hex().encode() + b"\n")
    args = parser().parse_args(words(tmp_path, devnet, file))
    resolve(args)
    await verbs.TASKS["broadcast"](args)
    assert json.loads(capsys.readouterr().out)["txid"] == transaction.name
    assert node.mempool.get(transaction.txid)


@pytest.mark.parametrize("damage", ["text", "half", "unsigned"])
async def test_what_is_no_signed_transaction_is_not_sent(
    tmp_path: Path, devnet: Devnet, damage: str
) -> None:
    with closing(paired(tmp_path / "regtest" / "wpkh")):
        pass
    node = devnet.node(0)
    transaction = payment(node.chain, node.mempool)
    raw = {
        "text": b"no transaction",
        "half": transaction.encode()[:-9],
        "unsigned": transaction.unsigned().encode(),
    }[damage]
    file = tmp_path / "signed.txn"
    file.write_bytes(raw)
    args = parser().parse_args(words(tmp_path, devnet, file))
    resolve(args)
    with pytest.raises(BadInput, match="Nothing was sent"):
        await verbs.TASKS["broadcast"](args)
    assert not len(node.mempool)
