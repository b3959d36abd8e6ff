"""Coins behind random miniscripts are spent along random paths, and Bitcoin Core's engine agrees.

The witnesses are made by reading the table as a wallet would: what stands there about satisfying a
fragment is checked together with its script, its type and its size.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from random import Random  # noqa: TID251  hypothesis hands it in

from hypothesis import given, reject
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import taptree
from signer.chains.bitcoin.descriptors.miniscript import Context, Fragment, parse
from signer.chains.bitcoin.descriptors.miniscript.table import IMPOSSIBLE, TABLE
from signer.chains.bitcoin.descriptors.spend_data import leaf_hash
from signer.chains.bitcoin.transactions import script, sighash
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.formats.cursor import compact_size
from signer.hashes import double_sha256, hash160, ripemd160
from signer.keys import curve
from tests import kernel, miniscripts

SATS = 100_000
INTERNAL = curve.public_key(bytearray(b"\x07" * 32))[1:]
HASHES: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: sha256(data).digest(),
    "hash256": double_sha256,
    "ripemd160": ripemd160,
    "hash160": hash160,
}


def secret(key: str) -> bytearray:
    return bytearray(sha256(key.encode()).digest())


@dataclass(frozen=True)
class Way:
    """One witness, bottom of the stack first: its items, or whose signature; what it waits for."""

    items: tuple[bytes | str, ...] = ()
    older: int = 0
    after: int = 0


Ways = tuple[Way | None, Way | None]


def joined(ways: Iterable[Way | None]) -> Way | None:
    whole = Way()
    for way in ways:
        if way is None:
            return None
        older, after = max(whole.older, way.older), max(whole.after, way.after)
        whole = Way(whole.items + way.items, older, after)
    return whole


@dataclass
class Satisfier:
    """Chooses at random among all ways that the table names."""

    random: Random
    preimages: dict[bytes, bytes]

    def ways(self, node: Fragment[str], subs: list[Ways]) -> Ways:
        row = TABLE[node.context][node.name]
        no = self.one(row.dissatisfied, node, subs)
        match node.name:
            case "older":
                return Way(older=node.number), None
            case "after":
                return Way(after=node.number), None
            case "thresh":
                return self.threshold(node.number, subs), joined(no for _, no in reversed(subs))
            case "multi_a":
                signers = self.signers(node)
                return Way(tuple(k if k in signers else b"" for k in reversed(node.own_keys))), no
            case _:
                return self.one(row.satisfied, node, subs), no

    def threshold(self, number: int, subs: list[Ways]) -> Way | None:
        # First those that cannot be dissatisfied, last those that cannot be satisfied.
        places = self.random.sample(range(len(subs)), len(subs))
        places.sort(key=lambda place: (subs[place][1] is not None) - (subs[place][0] is not None))
        chosen = places[:number]
        return joined(subs[place][place not in chosen] for place in reversed(range(len(subs))))

    def one(self, text: str, node: Fragment[str], subs: list[Ways]) -> Way | None:
        if text == IMPOSSIBLE:
            return None
        ways = [joined(self.part(w, node, subs) for w in way.split()) for way in text.split("|")]
        possible = [way for way in ways if way is not None]
        return self.random.choice(possible) if possible else None

    def part(self, word: str, node: Fragment[str], subs: list[Ways]) -> Way | None:
        if word[1:] in ("X", "Y", "Z"):
            return subs["XYZ".index(word[1])]["sd".index(word[0])]
        return Way(self.items(word, node))

    def items(self, word: str, node: Fragment[str]) -> tuple[bytes | str, ...]:
        match word:
            case "0" | "1":
                return (b"\x01"[: int(word)],)
            case "preimage":
                return (self.preimages[node.digest],)
            case "key":
                return (key_of(node.own_keys[0], node.context),)
            case "signature":
                return node.own_keys
            case "signatures":
                signers = self.signers(node)
                return tuple(key for key in node.own_keys if key in signers)
            case "zeros":
                return (b"",) * node.number
            case "blanks":
                return (b"",) * (len(node.own_keys) - node.number)
            case _:
                return ()

    def signers(self, node: Fragment[str]) -> list[str]:
        return self.random.sample(node.own_keys, node.number)


def key_of(name: str, context: Context) -> bytes:
    return curve.public_key(secret(name))[-context.key_bytes :]


def with_preimages(text: str) -> tuple[str, dict[bytes, bytes]]:
    """The text with hashes whose preimages are known, and those."""
    preimages: dict[bytes, bytes] = {}

    def hashed(found: re.Match[str]) -> str:
        preimage = sha256(found[2].encode()).digest()
        digest = HASHES[found[1]](preimage)
        preimages[digest] = preimage
        return f"{found[1]}({digest.hex()})"

    return re.sub(r"(sha256|hash256|ripemd160|hash160)\(([0-9a-f]+)\)", hashed, text), preimages


@given(st.sampled_from(Context), st.data())
def test_coins_are_spent_by_every_kind_of_witness(context: Context, data: st.DataObject) -> None:
    text, preimages = with_preimages(data.draw(miniscripts.sane_texts(context)))
    found = parse(text, context, str)
    satisfier = Satisfier(data.draw(st.randoms(use_true_random=False)), preimages)
    way, _ = found.fold(satisfier.ways)
    if way is None:  # a threshold that was left with too few of its fragments
        reject()
    code = found.compile(lambda name: key_of(name, context))
    items, verdict = spend(way, code, context)
    assert verdict
    assert (
        sum(len(compact_size(len(item))) + len(item) for item in items) <= found.max_witness_bytes
    )


def spend(way: Way, code: bytes, context: Context) -> tuple[tuple[bytes, ...], bool]:
    """The items of the witness, signed, and whether Bitcoin Core's engine accepts them."""
    leaf = taptree.output(INTERNAL, [0], [taptree.leaf(code)])
    lock = script.p2wsh(sha256(code).digest())
    if context is Context.TAPSCRIPT:
        lock = script.p2tr(leaf.key)
    spent = TxOutput(SATS, lock)
    tx = Tx(
        2, (TxInput(bytes(32 + 4), way.older or 0xFFFFFFFE),), (TxOutput(SATS, b"\x51"),), way.after
    )
    items = tuple(
        i if isinstance(i, bytes) else sign(i, tx, spent, code, context) for i in way.items
    )
    proof = (leaf.leaves[0].control_block,) if context is Context.TAPSCRIPT else ()
    return items, kernel.verdicts(signed(tx, (*items, code, *proof)), [spent])[0]


def sign(name: str, tx: Tx, spent: TxOutput, code: bytes, context: Context) -> bytes:
    shared = sighash.midstates(tx, [spent])
    if context is Context.WSH:
        digest = sighash.segwit_v0(tx, shared, 0, code, SATS, 1)
        return curve.sign_ecdsa(secret(name), digest, key_of(name, context)) + b"\x01"
    digest = sighash.taproot(tx, shared, 0, spent, 0, leaf_hash(code))
    return curve.sign_schnorr(secret(name), digest, key_of(name, context))


def signed(tx: Tx, witness: tuple[bytes, ...]) -> bytes:
    bare = tx.encode()
    stack = b"".join(compact_size(len(item)) + item for item in witness)
    return bare[:4] + b"\x00\x01" + bare[4:-4] + compact_size(len(witness)) + stack + bare[-4:]
