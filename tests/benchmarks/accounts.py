"""Accounts of many keys and of many leaves, and a payment to many, beside libwally and BDK."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256

from signer.chains.bitcoin import CHAIN, POLICY_ACCOUNTS
from signer.chains.bitcoin.network import NETWORKS
from signer.formats import base58
from signer.keys.keyring import Keyring
from signer.keys.path import parse, render
from tests.benchmarks import peers
from tests.benchmarks.harness import Figure, cpu_seconds
from tests.policies import NUMS
from tests.psbts import draft, key_text, path, vault

SEEDS = [bytes((number + 1,)) * 32 for number in range(100)]
AT = "m/48h/1h/0h/2h"
_TPRV = bytes.fromhex("04358394")


def figures() -> Iterator[Figure]:
    fifteen = ",".join(f"@{number}/**" for number in range(15))
    yield from _shared("15-of-15 wsh, 100 inputs", f"wsh(sortedmulti(15,{fifteen}))", 15, 100)
    hundred = _tree([f"pk(@{number}/**)" for number in range(100)])
    yield from _shared("tr with 100 leaves, 10 inputs", f"tr({NUMS},{hundred})", 100, 10)
    yield from _payment("wpkh, 1000 outputs, 2 inputs")


def _shared(name: str, template: str, count: int, inputs: int) -> Iterator[Figure]:
    of = vault(template, *(key_text(_keys(number), AT) for number in range(count)))
    record = of.record(_keys(0))
    raw = draft(of, inputs).encode()
    whole = partial(_whole, raw, [record])
    yield Figure(f"{name}: the record of the account read", cpu_seconds(partial(_read, record)))
    private = of.policy.descriptor.text.replace(key_text(_keys(0), AT), _private(AT))
    yield from _beside(f"{name}, bytes to bytes", whole, raw, private, leaves=NUMS in template)


def _payment(name: str) -> Iterator[Figure]:
    scripts = [b"\x00\x14" + sha256(bytes((n // 256, n % 256))).digest()[:20] for n in range(1000)]
    outputs = [(1_000, script) for script in scripts]
    raw = draft(_keys(0), 2, outputs=outputs, coin_sats=10**6, fee_sats=40_000).encode()
    private = f"wpkh({_private(render(path()[:3]))}/<0;1>/*)"
    yield from _beside(f"{name}, bytes to bytes", partial(_whole, raw, []), raw, private)


def _beside(
    name: str, whole: peers.Work, raw: bytes, private: str, *, leaves: bool = False
) -> Iterator[Figure]:
    if not leaves:  # libwally signs none
        yield from peers.beside_wally(name, whole, raw, SEEDS[0])
    yield from peers.beside_bdk(name, whole, raw, private)


def _whole(raw: bytes, records: list[bytes]) -> bytes:
    keys = _keys(0)
    reviewed = CHAIN.review(raw, keys, "regtest", records)
    return CHAIN.sign(reviewed.approve(reviewed.pages), keys)


def _read(record: bytes) -> object:
    return POLICY_ACCOUNTS.registered(record, _keys(0))


def _keys(number: int) -> Keyring:
    return Keyring(bytearray(SEEDS[number]))


def _private(at: str) -> str:
    """Our key at a path with its private half, as only BDK's wallet gets it here."""
    keys, where = _keys(0), parse(at)
    public = keys.extended(where)
    with keys.opened(where) as (node, _):
        raw = base58.decode_check(public.encode(NETWORKS["regtest"].xpub))
        private = base58.encode_check(_TPRV + raw[4:45] + b"\x00" + bytes(node.secret))
    return f"[{keys.fingerprint.hex()}/{at.removeprefix('m/')}]{private}"


def _tree(leaves: list[str]) -> str:
    """A script tree that is as even as can be."""
    if len(leaves) == 1:
        return leaves[0]
    half = len(leaves) // 2
    return f"{{{_tree(leaves[:half])},{_tree(leaves[half:])}}}"
