"""PSBTs for tests, made field by field, so that each can be made wrong in exactly one place.

    draft(keyring(), n_inputs=2)     a payment as a wallet makes it; change it, then .encode()
    build(keyring(), 2, "tr")        the same as bytes
    review(raw, keys)                through the signer's own door
    sign(raw, keys)                  the same, approved in full; Bitcoin Core's engine checks it
    refusal(made, keys)              the Reason it is refused for
    bit_flips(raw, 1000)             copies with one bit turned

The bytes are put together here without the signer's own PSBT code. Amounts are sats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

import pytest
from mnemonic import Mnemonic

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.spend import Spend
from signer.errors import Reason, Refused
from signer.formats.cursor import compact_size
from signer.hashes import double_sha256, hash160
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path
from signer.review import Page, Review
from tests import kernel

ABANDON = " ".join(("abandon",) * 11 + ("about",))
PAYEE = bytes.fromhex("0014") + sha256(b"somebody else").digest()[:20]
PURPOSE = {"wpkh": 84, "tr": 86}
COIN_TYPE = {"mainnet": 0, "testnet": 1, "regtest": 1}
LAST_BUT_TWO = 0xFFFFFFFD  # what wallets set today: replaceable, locktime in force


def keyring(words: str = ABANDON) -> Keyring:
    """The keys of a public test seed. Only for tests: everybody knows it."""
    return Keyring(bytearray(_seed(words)))


@cache
def _seed(words: str) -> bytes:
    return bytes(Mnemonic.to_seed(words))


def path(
    script: str = "wpkh",
    branch: int = 0,
    index: int = 0,
    network: str = "regtest",
    account: int = 0,
) -> Path:
    hardened = (PURPOSE[script], COIN_TYPE[network], account)
    return (*(step + HARDENED for step in hardened), branch, index)


def lock(keys: Keyring, where: Path) -> bytes:
    """The output script of our key at a BIP84 or BIP86 path."""
    public = keys.public_key(where)
    if where[0] == 86 + HARDENED:
        return b"\x51\x20" + curve.taproot_output_key(public[1:])
    return b"\x00\x14" + hash160(public)


def blob(data: bytes) -> bytes:
    return compact_size(len(data)) + data


def outpoint(txid: bytes, index: int) -> bytes:
    return txid + index.to_bytes(4, "little")


def output(sats: int, script: bytes) -> bytes:
    return sats.to_bytes(8, "little") + blob(script)


@dataclass
class Records:
    """One map of a PSBT under construction: a list, so that it can be wrong."""

    records: list[tuple[bytes, bytes]] = field(default_factory=list)

    def put(self, kind: int, value: bytes, key: bytes = b"") -> None:
        """Set a field, in its place if it is there and at the end if not."""
        name = bytes((kind,)) + key
        for at, (known, _) in enumerate(self.records):
            if known == name:
                self.records[at] = (name, value)
                return
        self.records.append((name, value))

    def get(self, kind: int) -> bytes:
        """The value of the first field of this type."""
        return next(value for key, value in self.records if key[0] == kind)

    def drop(self, *kinds: int) -> None:
        self.records = [record for record in self.records if record[0][0] not in kinds]

    def encode(self) -> bytes:
        return b"".join(blob(key) + blob(value) for key, value in self.records) + b"\x00"


@dataclass
class In(Records):
    outpoint: bytes = b""
    sequence: int = LAST_BUT_TWO


@dataclass
class Out(Records):
    sats: int = 0
    script: bytes = b""


@dataclass
class Draft:
    ins: list[In]
    outs: list[Out]
    version: int = 2
    locktime: int = 0
    head: Records = field(default_factory=Records)

    def unsigned_tx(self) -> bytes:
        ins = (one.outpoint + b"\x00" + one.sequence.to_bytes(4, "little") for one in self.ins)
        outs = (output(one.sats, one.script) for one in self.outs)
        return b"".join(
            (
                self.version.to_bytes(4, "little"),
                compact_size(len(self.ins)),
                *ins,
                compact_size(len(self.outs)),
                *outs,
                self.locktime.to_bytes(4, "little"),
            )
        )

    def encode(self) -> bytes:
        head = Records([(b"\x00", self.unsigned_tx()), *self.head.records])
        return b"psbt\xff" + b"".join(one.encode() for one in (head, *self.ins, *self.outs))


def previous_tx(outputs: Sequence[bytes], salt: int = 0, *, witness: bool = False) -> bytes:
    """A transaction that pays these encoded outputs. `salt` makes it another one."""
    spends = sha256(salt.to_bytes(8, "big")).digest() + bytes(4) + b"\x00" + b"\xff" * 4
    body = b"\x01" + spends + compact_size(len(outputs)) + b"".join(outputs)
    if witness:
        return b"\x02\x00\x00\x00\x00\x01" + body + b"\x01\x40" + bytes(64) + bytes(4)
    return b"\x02\x00\x00\x00" + body + bytes(4)


def txid(raw: bytes) -> bytes:
    """The id, wire order, of a transaction without witnesses."""
    return double_sha256(raw)


def origin(keys: Keyring, where: Path) -> bytes:
    return keys.fingerprint + b"".join(step.to_bytes(4, "little") for step in where)


def hint(keys: Keyring, where: Path, *, is_output: bool = False) -> tuple[bytes, bytes]:
    """The derivation record a wallet adds: (key, value)."""
    public = keys.public_key(where)
    if where[0] == 86 + HARDENED:
        kind = 0x07 if is_output else 0x16
        return bytes((kind,)) + public[1:], b"\x00" + origin(keys, where)
    return bytes((0x02 if is_output else 0x06,)) + public, origin(keys, where)


def coin(keys: Keyring, where: Path, sats: int, salt: int = 0) -> In:
    """An input that spends `sats` at our `where`, proven by its whole previous transaction."""
    script = lock(keys, where)
    whole = previous_tx([output(7, PAYEE), output(sats, script)], salt)
    one = In(outpoint=outpoint(txid(whole), 1))
    one.put(0x00, whole)
    one.put(0x01, output(sats, script))
    one.records.append(hint(keys, where))
    if where[0] == 86 + HARDENED:
        one.put(0x17, keys.public_key(where)[1:])
    return one


def change(keys: Keyring, where: Path, sats: int) -> Out:
    """An output back to our `where`, with the hint that says so."""
    one = Out([], sats, lock(keys, where))
    if where[0] == 86 + HARDENED:
        one.put(0x05, keys.public_key(where)[1:])
    one.records.append(hint(keys, where, is_output=True))
    return one


def draft(
    keys: Keyring,
    n_inputs: int = 1,
    script: str = "wpkh",
    outputs: Sequence[tuple[int, bytes]] = ((25_000, PAYEE),),
    coin_sats: int = 100_000,
    fee_sats: int = 200,
    network: str = "regtest",
) -> Draft:
    """An ordinary payment: coins at receive indexes 0, 1, ..., what is left goes to change 3."""
    ins = [
        coin(keys, path(script, 0, index, network), coin_sats, index) for index in range(n_inputs)
    ]
    outs = [Out([], sats, target) for sats, target in outputs]
    left = coin_sats * n_inputs - sum(sats for sats, _ in outputs) - fee_sats
    if left:
        outs.append(change(keys, path(script, 1, 3, network), left))
    return Draft(ins, outs)


def build(
    keys: Keyring,
    n_inputs: int = 1,
    script: str = "wpkh",
    outputs: Sequence[tuple[int, bytes]] = ((25_000, PAYEE),),
    network: str = "regtest",
) -> bytes:
    """`draft` as bytes."""
    return draft(keys, n_inputs, script, outputs, network=network).encode()


def bit_flips(data: bytes, count: int, seed: bytes = b"") -> Iterator[bytes]:
    """`count` copies of `data`, each with another bit turned, spread by a hash of `seed`."""
    for turn in range(count):
        place = int.from_bytes(sha256(seed + turn.to_bytes(8, "big")).digest()[:8], "big")
        at, bit = divmod(place % (8 * len(data)), 8)
        yield data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]


def review(raw: bytes, keys: Keyring, network: str = "regtest") -> Review[Spend]:
    return CHAIN.review(raw, keys, network)


def sign(raw: bytes, keys: Keyring, network: str = "regtest") -> bytes:
    """The PSBT signed after a full approval; each signature accepted by Bitcoin Core's engine."""
    reviewed = review(raw, keys, network)
    signed = CHAIN.sign(reviewed.approve(reviewed.pages), keys)
    kernel.check(signed)
    return signed


def refusal(made: Draft | bytes, keys: Keyring, network: str = "regtest") -> Reason:
    """Why this request is refused; the test fails if it is not."""
    raw = made if isinstance(made, bytes) else made.encode()
    with pytest.raises(Refused) as refused:
        CHAIN.review(raw, keys, network)
    return refused.value.reason


def text(pages: Sequence[Page]) -> str:
    """Everything a person can read on these pages."""
    lines = []
    for page in pages:
        lines.append(f"[{page.title}]")
        lines += [f"{fact.label} {fact.value}".strip() for fact in page.facts]
    return "\n".join(lines)
