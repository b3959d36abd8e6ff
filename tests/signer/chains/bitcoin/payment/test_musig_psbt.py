"""BIP373's published PSBTs: their nonces and parts are those of our groups, and open coins."""

import json
from base64 import b64decode
from dataclasses import dataclass, replace

import pytest

from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.transactions import script, sighash
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.keys import musig
from signer.keys.curve.musig import Group, Session
from signer.keys.keyring import Keyring
from signer.keys.path import parse
from tests.kernel import spent_output, verdicts
from tests.signer.published import shared

ACCOUNT = parse("m/86h/1h/0h/0/3")
LEAF = bytes.fromhex("b11fedaa63a0956501a7308c93b5637371e7613d9b8ade1783d49e26c06cfa2c")
# How the key of each published spend comes from the participants': path, tweak, leaf.
SPENDS: dict[str, tuple[tuple[int, ...], bytes | None, bytes]] = {
    "Spend of a Taproot output where the output key is a MuSig2 Aggregate Pubkey": ((), None, b""),
    "Spend of a Taproot output where the internal key is a MuSig2 Aggregate Pubkey": ((), b"", b""),
    "Spend of a Taproot output where a key in a script is a MuSig2 Aggregate Pubkey": (
        (),
        None,
        LEAF,
    ),
    "Spend of a Taproot output where the internal key is derived from a MuSig2 Aggregate Pubkey": (
        (1, 2),
        b"",
        b"",
    ),
}


def group_of(one: Map, path: tuple[int, ...], root: bytes | None) -> Group:
    ((_, listed),) = one.records_of(fields.MUSIG2_PARTICIPANT_PUBKEYS)
    keys = [listed[start : start + 33] for start in range(0, len(listed), 33)]
    return musig.group(keys, path, root)


def in_order(one: Map, kind: int, group: Group, leaf: bytes) -> tuple[bytes, ...]:
    """The values of one kind, by the group's keys; each record names the key that signs, too."""
    return tuple(
        dict(one.records_of(kind))[key + group.public_key + leaf] for key in group.public_keys
    )


@dataclass(frozen=True)
class Spend:
    request: Psbt
    spent: TxOutput
    session: Session
    parts: tuple[bytes, ...]


def published(case: str) -> Spend:
    (text,) = (
        one["base64"]
        for one in json.loads(shared("bip373/psbt.json").read_text())
        if one["case"] == case and one["sub"] == "With all partial signatures"
    )
    request, (path, root, leaf) = container.parse(b64decode(text)), SPENDS[case]
    one, spent = request.inputs[0], spent_output(request, 0)
    group, hashes = group_of(one, path, root), sighash.midstates(request.tx, (spent,))
    digest = sighash.taproot(request.tx, hashes, 0, spent, sighash.DEFAULT, leaf)
    session = Session(group, in_order(one, fields.MUSIG2_PUB_NONCE, group, leaf), digest)
    return Spend(request, spent, session, in_order(one, fields.MUSIG2_PARTIAL_SIG, group, leaf))


@pytest.mark.parametrize("case", SPENDS, ids=range(len(SPENDS)))
def test_the_published_parts_are_parts_of_our_groups_and_open_the_coin(case: str) -> None:
    spend = published(case)
    judged = [musig.verify(spend.session, place, part) for place, part in enumerate(spend.parts)]
    assert judged == [True, True, True]
    witness: tuple[bytes, ...] = (musig.combine(spend.session, spend.parts),)
    tx = spend.request.tx
    for control_block, leaf in spend.request.inputs[0].records_of(fields.TAP_LEAF_SCRIPT):
        witness += (leaf[:-1], control_block)
    signed = replace(tx, inputs=(replace(tx.inputs[0], witness=witness),))
    assert verdicts(signed.encode_signed(), [spend.spent]) == [True]


def test_the_published_signatures_are_the_combined_parts() -> None:
    combined = 0
    for case in SPENDS:
        spend = published(case)
        one = spend.request.inputs[0]
        found = [
            one.get(fields.TAP_KEY_SIG),
            *(value for _, value in one.records_of(fields.TAP_SCRIPT_SIG)),
        ]
        combined += musig.combine(spend.session, spend.parts) in found
    assert combined == 3  # the first of the four carries its parts alone


@pytest.mark.parametrize("path", [(), (0, 7)])
@pytest.mark.parametrize("root", [b"", bytes(range(32))])
def test_core_s_engine_accepts_a_coin_that_our_own_rounds_signed(
    path: tuple[int, ...], root: bytes
) -> None:
    rings = [Keyring(bytearray(range(seed, seed + 64))) for seed in range(3)]
    group = musig.group([one.public_key(ACCOUNT) for one in rings], path, root)
    spent = TxOutput(50_000, script.p2tr(group.public_key[1:]))
    tx = Tx(2, (TxInput(bytes(36), 0xFFFFFFFD),), (TxOutput(49_000, spent.script_pubkey),), 0)
    digest = sighash.taproot(tx, sighash.midstates(tx, (spent,)), 0, spent, sighash.DEFAULT)
    nonces = (
        musig.begin(one, ACCOUNT, group, digest, bytearray(bytes((number + 1,)) * 32))
        for number, one in enumerate(rings)
    )
    session = Session(group, tuple(nonces), digest)
    signature = musig.combine(session, [musig.sign(one, ACCOUNT, session) for one in rings])
    signed = replace(tx, inputs=(replace(tx.inputs[0], witness=(signature,)),))
    assert verdicts(signed.encode_signed(), [spent]) == [True]
