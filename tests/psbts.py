"""PSBTs for tests, made field by field, so that each can be made wrong in exactly one place.

    draft(keyring(), n_inputs=2)     a payment as a wallet makes it; change it, then .encode()
    build(keyring(), 2, "tr")        the same as bytes; kinds: pkh, sh(wpkh), wpkh, tr
    review(raw, keys)                through the signer's own door
    sign(raw, keys)                  the same, approved in full; Bitcoin Core's engine checks it
    refusal(made, keys)              the Reason it is refused for
    bit_flips(raw, 1000)             copies with one bit turned

    vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER))     an account of several
    draft(vault, 2)                  a payment of it; vault.record(keys) is what to review it with
    complete(made, vault)            signed by all its keys in turn; the engine checks the result
    together(made, vault)            the same in the two rounds of a joint signature

`draft(...).psbt_version = 2` encodes the same payment as BIP370 does. The bytes are put together
here without the signer's own PSBT code. Amounts are sats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

import pytest
from mnemonic import Mnemonic

from signer.chains.bitcoin import CHAIN, POLICY_ACCOUNTS
from signer.chains.bitcoin.descriptors import policy
from signer.chains.bitcoin.descriptors.keys import DerivedKey, Musig
from signer.chains.bitcoin.descriptors.policy import Policy
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.errors import Reason, Refused
from signer.formats.cursor import compact_size
from signer.hashes import double_sha256, hash160
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path
from signer.keys.path import parse as parse_path
from signer.review import Page, Review
from tests import kernel

ABANDON = " ".join(("abandon",) * 11 + ("about",))
PAYEE = bytes.fromhex("0014") + sha256(b"somebody else").digest()[:20]
PURPOSE = {"pkh": 44, "sh(wpkh)": 49, "wpkh": 84, "tr": 86}
KINDS = tuple(PURPOSE)
OTHER = "legal winner thank year wave sausage worth useful legal winner thank yellow"
THIRD = "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"
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


def lock(keys: Keyring, where: Path, script: str = "") -> bytes:
    """The output script of our key at `where`, of this kind or of that which its purpose says."""
    public = keys.public_key(where)
    match script or kind_of(where):
        case "tr":
            return b"\x51\x20" + curve.taproot_output_key(public[1:])
        case "pkh":
            return b"\x76\xa9\x14" + hash160(public) + b"\x88\xac"
        case "sh(wpkh)":
            return b"\xa9\x14" + hash160(redeem_script(public)) + b"\x87"
        case _:
            return b"\x00\x14" + hash160(public)


def kind_of(where: Path) -> str:
    """The kind of script that belongs to a path's purpose; wpkh where it has none."""
    purposes = {number + HARDENED: kind for kind, number in PURPOSE.items()}
    return purposes.get(where[0], "wpkh") if where else "wpkh"


def redeem_script(public: bytes) -> bytes:
    """The redeem script of a nested P2WPKH coin."""
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
    psbt_version: int = 0

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
        if self.psbt_version == 2:
            return self._encode_version_2()
        head = Records([(b"\x00", self.unsigned_tx()), *self.head.records])
        return b"psbt\xff" + b"".join(one.encode() for one in (head, *self.ins, *self.outs))

    def _encode_version_2(self) -> bytes:
        head = Records(
            [
                (b"\x02", self.version.to_bytes(4, "little")),
                (b"\x03", self.locktime.to_bytes(4, "little")),
                (b"\x04", compact_size(len(self.ins))),
                (b"\x05", compact_size(len(self.outs))),
                (b"\xfb", (2).to_bytes(4, "little")),
                *self.head.records,
            ]
        )
        ins = (
            Records(
                [
                    *one.records,
                    (b"\x0e", one.outpoint[:32]),
                    (b"\x0f", one.outpoint[32:]),
                    (b"\x10", one.sequence.to_bytes(4, "little")),
                ]
            )
            for one in self.ins
        )
        outs = (
            Records(
                [
                    *one.records,
                    (b"\x03", one.sats.to_bytes(8, "little")),
                    (b"\x04", one.script),
                ]
            )
            for one in self.outs
        )
        return b"psbt\xff" + b"".join(one.encode() for one in (head, *ins, *outs))


@dataclass(frozen=True)
class Vault:
    """An account of several keys, and the keyrings that hold some of them."""

    policy: Policy
    signers: tuple[Keyring, ...]

    def record(self, keys: Keyring) -> bytes:
        """The record of a registration by these keys, every page accepted."""
        network = self.policy.network
        texts = [key.render(network) for key in self.policy.keys]
        asked = POLICY_ACCOUNTS.registration(
            self.policy.name, self.policy.template, texts, keys, network.name
        )
        return POLICY_ACCOUNTS.register(asked.approve(asked.pages), keys)

    def origins(self, branch: int, index: int) -> Iterator[tuple[bytes, bytes]]:
        """(public key, origin as a PSBT has it) of each key that has one."""
        known = self.policy.spend_data(branch, index).keys
        for key, public in zip(self.policy.descriptor.keys, known, strict=True):
            if isinstance(key, DerivedKey) and key.origin is not None:
                where = (*key.origin.path, *key.steps.path(branch), index)
                yield public, key.origin.fingerprint + _steps(where)
            if isinstance(key, Musig):
                yield public, hash160(aggregate(key))[:4] + _steps((*key.steps.path(branch), index))
                for part in key.participants:
                    if part.origin is not None:
                        yield part.branch(0)(0), part.origin.fingerprint + _steps(part.origin.path)


def _steps(where: Path) -> bytes:
    return b"".join(step.to_bytes(4, "little") for step in where)


def participants(key: Musig) -> list[bytes]:
    """The keys (33 bytes) of a musig(), in the order of aggregation (BIP390)."""
    return sorted(part.branch(0)(0) for part in key.participants)


def aggregate(key: Musig) -> bytes:
    """What a musig() makes of its keys (33 bytes), without steps below it."""
    return curve.musig_aggregate(participants(key))


def vault(
    template: str,
    *signers: Keyring | str,
    name: str = "Vault",
    network: str = "regtest",
    at: str = "m/48h/1h/0h/2h",
) -> Vault:
    """An account whose key @n is that of the n-th signer at a path, or a key given as text."""
    keys = [one if isinstance(one, str) else key_text(one, at, network) for one in signers]
    read = policy.parse(name, template, keys, NETWORKS[network])
    return Vault(read, tuple(one for one in signers if isinstance(one, Keyring)))


def key_text(keys: Keyring, at: str = "m/48h/1h/0h/2h", network: str = "regtest") -> str:
    """Our key at a path as a policy has it: `[fingerprint/path]xpub`."""
    where = parse_path(at)
    xpub = CHAIN.xpub(keys, where, network)
    return f"[{keys.fingerprint.hex()}/{at.removeprefix('m/')}]{xpub}"


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
    return keys.fingerprint + _steps(where)


def hint(
    keys: Keyring, where: Path, *, is_output: bool = False, script: str = ""
) -> tuple[bytes, bytes]:
    """The derivation record a wallet adds: (key, value)."""
    public = keys.public_key(where)
    if (script or kind_of(where)) == "tr":
        kind = 0x07 if is_output else 0x16
        return bytes((kind,)) + public[1:], b"\x00" + origin(keys, where)
    return bytes((0x02 if is_output else 0x06,)) + public, origin(keys, where)


def funded(locked: bytes, sats: int, salt: int = 0) -> In:
    """An input that spends `sats` locked so, proven by its whole previous transaction."""
    whole = previous_tx([output(7, PAYEE), output(sats, locked)], salt)
    one = In(outpoint=outpoint(txid(whole), 1))
    one.put(0x00, whole)
    return one


def coin(keys: Keyring, where: Path, sats: int, salt: int = 0, script: str = "") -> In:
    """An input that spends `sats` at our `where`, as a wallet describes it."""
    kind = script or kind_of(where)
    locked = lock(keys, where, kind)
    one = funded(locked, sats, salt)
    if kind != "pkh":
        one.put(0x01, output(sats, locked))
    if kind == "sh(wpkh)":
        one.put(0x04, redeem_script(keys.public_key(where)))
    one.records.append(hint(keys, where, script=kind))
    if kind == "tr":
        one.put(0x17, keys.public_key(where)[1:])
    return one


def change(keys: Keyring, where: Path, sats: int, script: str = "") -> Out:
    """An output back to our `where`, with the hint that says so."""
    kind = script or kind_of(where)
    one = Out([], sats, lock(keys, where, kind))
    if kind == "tr":
        one.put(0x05, keys.public_key(where)[1:])
    if kind == "sh(wpkh)":
        one.put(0x00, redeem_script(keys.public_key(where)))
    one.records.append(hint(keys, where, is_output=True, script=kind))
    return one


def shared_coin(of: Vault, branch: int, index: int, sats: int, salt: int = 0) -> In:
    """An input that spends a coin of an account of several keys, as a wallet describes it."""
    locked = of.policy.spend_data(branch, index)
    one = funded(locked.script_pubkey, sats, salt)
    if locked.witness_script or locked.internal_key:
        one.put(0x01, output(sats, locked.script_pubkey))
    _describe(one, locked, (0x04, 0x05))
    if not locked.internal_key:
        for public, where in of.origins(branch, index):
            one.put(0x06, where, public)
        return one
    for leaf in locked.leaves:
        one.put(0x15, leaf.script + bytes((leaf.version,)), leaf.control_block)
    _describe_taproot(one, of, branch, index, (0x16, 0x1A))
    one.put(0x17, locked.internal_key)
    if locked.merkle_root:
        one.put(0x18, locked.merkle_root)
    return one


def shared_change(of: Vault, branch: int, index: int, sats: int) -> Out:
    """An output back to an account of several keys, with the hints that say so."""
    locked = of.policy.spend_data(branch, index)
    one = Out([], sats, locked.script_pubkey)
    _describe(one, locked, (0x00, 0x01))
    if not locked.internal_key:
        for public, where in of.origins(branch, index):
            one.put(0x02, where, public)
        return one
    one.put(0x05, locked.internal_key)
    _describe_taproot(one, of, branch, index, (0x07, 0x08))
    return one


def _describe(one: Records, locked: SpendData, kinds: tuple[int, int]) -> None:
    for kind, script in zip(kinds, (locked.redeem_script, locked.witness_script), strict=True):
        if script:
            one.put(kind, script)


def _describe_taproot(
    one: Records, of: Vault, branch: int, index: int, kinds: tuple[int, int]
) -> None:
    locked = of.policy.spend_data(branch, index)
    for public, where in of.origins(branch, index):
        holding = [leaf.hash for leaf in locked.leaves if _holds(leaf.script, public[1:])]
        one.put(kinds[0], compact_size(len(holding)) + b"".join(holding) + where, public[1:])
    for key in of.policy.descriptor.keys:
        if isinstance(key, Musig):
            one.put(kinds[1], b"".join(participants(key)), aggregate(key))


def _holds(script: bytes, x_only: bytes) -> bool:
    return x_only in script or hash160(x_only) in script


def draft(
    keys: Keyring | Vault,
    n_inputs: int = 1,
    script: str = "wpkh",
    outputs: Sequence[tuple[int, bytes]] = ((25_000, PAYEE),),
    coin_sats: int = 100_000,
    fee_sats: int = 200,
    network: str = "regtest",
) -> Draft:
    """An ordinary payment: coins at receive indexes 0, 1, ..., what is left goes to change 3.

    Of one key per coin, of the kind `script`; or of a vault, which says all that itself.
    """

    def spent(index: int) -> In:
        if isinstance(keys, Vault):
            return shared_coin(keys, 0, index, coin_sats, index)
        return coin(keys, path(script, 0, index, network), coin_sats, index)

    def returned(sats: int) -> Out:
        if isinstance(keys, Vault):
            return shared_change(keys, 1, 3, sats)
        return change(keys, path(script, 1, 3, network), sats)

    outs = [Out([], sats, target) for sats, target in outputs]
    left = coin_sats * n_inputs - sum(sats for sats, _ in outputs) - fee_sats
    if left:
        outs.append(returned(left))
    return Draft([spent(index) for index in range(n_inputs)], outs)


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


def review(
    raw: bytes,
    keys: Keyring,
    network: str = "regtest",
    records: Sequence[bytes] = (),
    *,
    expert: bool = False,
) -> Review[CheckedPayment]:
    return CHAIN.review(raw, keys, network, records, expert=expert)


def sign(
    raw: bytes,
    keys: Keyring,
    network: str = "regtest",
    records: Sequence[bytes] = (),
    *,
    expert: bool = False,
) -> bytes:
    """The PSBT signed after a full approval; each signature accepted by Bitcoin Core's engine."""
    signed = sign_part(raw, keys, network, records, expert=expert)
    kernel.check(signed)
    return signed


def sign_part(
    raw: bytes,
    keys: Keyring,
    network: str = "regtest",
    records: Sequence[bytes] = (),
    *,
    expert: bool = False,
) -> bytes:
    """Signed after a full approval, where others have to sign too before a coin can be spent."""
    reviewed = review(raw, keys, network, records, expert=expert)
    return CHAIN.sign(reviewed.approve(reviewed.pages), keys, bytearray(b"\x01" * 32))


def complete(made: Draft | bytes, of: Vault, *signers: Keyring) -> bytes:
    """Signed by these keys (or all of the vault's) in turn; the engine accepts the whole."""
    raw = made if isinstance(made, bytes) else made.encode()
    for keys in signers or of.signers:
        raw = sign_part(raw, keys, of.policy.network.name, [of.record(keys)])
    kernel.check(raw)
    return raw


def together(made: Draft | bytes, of: Vault, *signers: Keyring) -> bytes:
    """Signed jointly by these keys (or all of the vault's): a round of nonces, one of parts."""
    raw = made if isinstance(made, bytes) else made.encode()
    signers = signers or of.signers
    for keys in (*signers, *signers):
        raw = sign_part(raw, keys, of.policy.network.name, [of.record(keys)])
    kernel.check(raw)
    return raw


def refusal(
    made: Draft | bytes, keys: Keyring, network: str = "regtest", records: Sequence[bytes] = ()
) -> Reason:
    """Why this request is refused; the test fails if it is not."""
    raw = made if isinstance(made, bytes) else made.encode()
    with pytest.raises(Refused) as refused:
        CHAIN.review(raw, keys, network, records)
    return refused.value.reason


def digest_line(pages: Sequence[Page]) -> str:
    """The one fact of a review that stands for all of it."""
    [fact] = [fact for page in pages for fact in page.facts if fact.label == "Digest"]
    return fact.value


def text(pages: Sequence[Page]) -> str:
    """Everything a person can read on these pages."""
    lines = []
    for page in pages:
        lines.append(f"[{page.title}]")
        facts = (*page.summary, *page.facts)
        lines += [f"{fact.label} {fact.value}".strip() for fact in facts]
    return "\n".join(lines)
