"""Silent payments for tests: published ones with their keys, and our own, field by field."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ecdsa import SECP256k1
from ecdsa.ellipticcurve import PointJacobi

from signer.chains.bitcoin.accounts.account import (
    AccountIndex,
    SingleKeyAccount,
    single_key_spend_data,
)
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.formats.cursor import compact_size
from signer.formats.silent_address import SilentAddress
from signer.hashes import hash160, sha256
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.node import PrivateNode
from signer.keys.path import HARDENED, Path
from tests import kernel, psbts
from tests.signer.published import shared

SCAN, SPEND = bytearray(b"\x11" * 32), bytearray(b"\x22" * 32)
BOB = SilentAddress(curve.public_key(SCAN), curve.public_key(SPEND))


def bip352() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(
        shared("bip352/send_and_receive_test_vectors.json").read_text()
    )
    return cases


def bip375(group: str) -> list[dict[str, Any]]:
    text = shared("bip375/bip375_test_vectors.json").read_text()
    cases: list[dict[str, Any]] = json.loads(text)[group]
    return cases


def mended(case: Mapping[str, Any]) -> bytes:
    """The PSBT of a published case, its P2WPKH coins locked by the keys it names.

    As published, their scripts hold the start of a key's SHA256 where BIP141 has its HASH160, so
    that no key opens them, and a signer that compares keys and scripts refuses nearly all cases.
    Nothing that a share, a proof or a script is made of changes with it.
    """
    raw = b64decode(case["psbt"])
    for one in case["supplementary"].get("inputs", ()):
        if "public_key" in one:
            raw = _mend(raw, bytes.fromhex(one["public_key"]))
    return _mend(raw, _FIRST_KEY)


_FIRST_KEY = bytes.fromhex("02c817bb7521afc35ea96f3bfb270e6eb50ddffa5560627b961fec00f2996508bf")


def _mend(raw: bytes, key: bytes) -> bytes:
    return raw.replace(script.p2wpkh(sha256(key)[:20]), script.p2wpkh(hash160(key)))


def spent(request: Psbt) -> list[TxOutput]:
    """The outputs a PSBT spends, claimed or proven."""
    return [kernel.spent_output(request, at) for at in range(len(request.inputs))]


class Imported(Keyring):
    """A keyring of single private keys, as the vectors have them, at paths of one step."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Sequence[bytes]) -> None:
        super().__init__(bytearray(b"\x07" * 32))
        self._secrets = secrets

    def public_key(self, path: Path) -> bytes:
        return curve.public_key(bytearray(self._secrets[path[0]]))

    @contextmanager
    def opened(self, path: Path) -> Iterator[tuple[PrivateNode, bytes]]:
        node = PrivateNode(bytearray(self._secrets[path[0]]), bytes(64))
        try:
            yield node, node.public
        finally:
            node.erase()


# --- our own payments


def place(keys: Keyring, where: Path) -> AccountIndex:
    """A place of one of our standard accounts."""
    kind = _KINDS[where[0]]
    lock = single_key_spend_data(kind, keys.public_key(where))
    return AccountIndex(SingleKeyAccount(kind, where[:-2]), where[-2], where[-1], lock, (where,))


_KINDS = {
    44 + HARDENED: script.ScriptType.P2PKH,
    49 + HARDENED: script.ScriptType.P2SH,
    84 + HARDENED: script.ScriptType.P2WPKH,
    86 + HARDENED: script.ScriptType.P2TR,
}


@dataclass
class Payment:
    """A version 2 PSBT under construction, of lists, so that it can be wrong."""

    ins: list[psbts.In]
    outs: list[psbts.Records]
    head: psbts.Records

    def encode(self) -> bytes:
        maps = (self.head, *self.ins, *self.outs)
        return container.MAGIC + b"".join(one.encode() for one in maps)

    def parse(self) -> Psbt:
        return container.parse(self.encode())


def payment(
    keys: Keyring, wheres: Sequence[Path], payees: Sequence[SilentAddress] = (BOB,)
) -> Payment:
    """Coins of 100 000 sats at these paths of ours pay 10 000 to each payee."""
    ins = [coin(keys, where, salt) for salt, where in enumerate(wheres)]
    head = psbts.Records()
    for kind, value in (
        (fields.TX_VERSION, (2).to_bytes(4, "little")),
        (fields.INPUT_COUNT, compact_size(len(ins))),
        (fields.OUTPUT_COUNT, compact_size(len(payees))),
        (fields.VERSION, (2).to_bytes(4, "little")),
    ):
        head.put(kind, value)
    return Payment(ins, [output(payee) for payee in payees], head)


def coin(keys: Keyring, where: Path, salt: int) -> psbts.In:
    """An input of version 2 that spends 100 000 sats at our `where`, proven as usual."""
    one = psbts.coin(keys, where, 100_000, salt)
    one.put(fields.PREVIOUS_TXID, one.outpoint[:32])
    one.put(fields.OUTPUT_INDEX, one.outpoint[32:])
    one.put(fields.SEQUENCE, one.sequence.to_bytes(4, "little"))
    return one


def output(payee: SilentAddress) -> psbts.Records:
    one = psbts.Records()
    one.put(fields.OUT_AMOUNT, (10_000).to_bytes(8, "little"))
    one.put(fields.OUT_SP_V0_INFO, payee.scan_key + payee.spend_key)
    return one


# --- the receiver, in other people's arithmetic (python-ecdsa) and by the text of BIP352


def receiver_outputs(
    scan: bytes, spend_key: bytes, outpoints: Sequence[bytes], keys: Sequence[bytes], count: int
) -> list[bytes]:
    """The first `count` output keys (32 bytes) where the owner of a scan secret would look."""
    total = _sum(keys)
    salt = _hash("BIP0352/Inputs", min(outpoints) + total.to_bytes("compressed"))
    secret = total * (int.from_bytes(salt, "big") * int.from_bytes(scan, "big") % _ORDER)
    found = []
    for number in range(count):
        parts = secret.to_bytes("compressed") + number.to_bytes(4, "big")
        tweak = int.from_bytes(_hash("BIP0352/SharedSecret", parts), "big")
        found.append((_point(spend_key) + SECP256k1.generator * tweak).to_bytes("compressed")[1:])
    return found


_ORDER = SECP256k1.order


def _sum(keys: Sequence[bytes]) -> PointJacobi:
    total = _point(keys[0])
    for key in keys[1:]:
        total = total + _point(key)
    return total


def _point(key: bytes) -> PointJacobi:
    return PointJacobi.from_bytes(SECP256k1.curve, key, order=_ORDER)


def _hash(tag: str, data: bytes) -> bytes:
    prefix = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(prefix + prefix + data).digest()
