"""What signatures commit to: random transactions, every kind of coin, every hash type.

Each digest is also signed, and Bitcoin Core's engine says whether the signature opens the coin: it
is the judge wherever a peer says something else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from types import ModuleType

from signer.chains.bitcoin.descriptors.spend_data import leaf_hash
from signer.chains.bitcoin.transactions import script, sighash
from signer.chains.bitcoin.transactions.sighash import Midstates
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.formats.cursor import blob
from signer.hashes import hash160, sha256
from signer.keys import curve
from tests.oracle.drawn import Drawn
from tests.oracle.tally import Known, Question, Unasked, said

TRANSACTIONS = 20  # a turn
ECDSA_KINDS = ("p2pkh", "p2sh", "p2wpkh", "p2wsh")
TAPROOT_KINDS = ("p2tr key", "p2tr leaf")
FLAGS = (0x01, 0x02, 0x03, 0x81, 0x82, 0x83)
_NAMES = ("DEFAULT", "ALL", "NONE", "SINGLE")
_SEPARATOR, _CHECKSIG = b"\xab", b"\xac"
_MAX_SATS = 21 * 10**14


@dataclass(frozen=True)
class Coin:
    """A coin that a key of ours opens, with OP_CODESEPARATORs before and behind its OP_CHECKSIG."""

    kind: str
    secret: bytes
    before: int
    behind: int

    @cached_property
    def public(self) -> bytes:
        return curve.public_key(bytearray(self.secret))

    @cached_property
    def inner(self) -> bytes:
        """The redeem script, witness script or leaf."""
        key = self.public[1:] if self.kind in TAPROOT_KINDS else self.public
        check = bytes((len(key),)) + key + _CHECKSIG
        return _SEPARATOR * self.before + check + _SEPARATOR * self.behind

    @property
    def code(self) -> bytes:
        """The script from behind the last separator that was executed."""
        if self.kind in {"p2sh", "p2wsh"}:
            return self.inner[self.before :]
        return script.p2pkh(hash160(self.public))

    @property
    def root(self) -> bytes:
        return leaf_hash(self.inner) if self.kind == "p2tr leaf" else b""

    @cached_property
    def output_key(self) -> bytes:
        return curve.taproot_output_key(self.public[1:], self.root)

    @cached_property
    def script_pubkey(self) -> bytes:
        match self.kind:
            case "p2pkh":
                return script.p2pkh(hash160(self.public))
            case "p2sh":
                return script.p2sh(hash160(self.inner))
            case "p2wpkh":
                return script.p2wpkh(hash160(self.public))
            case "p2wsh":
                return script.p2wsh(sha256(self.inner))
            case _:
                return script.p2tr(self.output_key)

    @cached_property
    def control_block(self) -> bytes:
        # BIP341: the leaf version, and whether the output key's y is odd.
        internal = self.public[1:]
        tweak = curve.taproot_tweak(internal, self.root)
        return bytes((0xC0 | (curve.tweak_public(b"\x02" + internal, tweak)[0] & 1),)) + internal


@dataclass(frozen=True)
class Spent:
    """One input of a random transaction, and how it is to be signed."""

    tx: Tx
    outputs: tuple[TxOutput, ...]
    shared: Midstates
    index: int
    coin: Coin
    flag: int
    annex: bytes

    @property
    def output(self) -> TxOutput:
        return self.outputs[self.index]

    @property
    def separator(self) -> int:
        """The place of the last OP_CODESEPARATOR that a leaf executed (BIP342)."""
        return self.coin.before - 1 if self.coin.before else sighash.NO_CODE_SEPARATOR

    @cached_property
    def digest(self) -> bytes:
        tx, shared, index, coin = self.tx, self.shared, self.index, self.coin
        match coin.kind:
            case "p2pkh" | "p2sh":
                return sighash.legacy(tx, index, coin.code, self.flag, shared)
            case "p2wpkh" | "p2wsh":
                sats = self.output.sats
                return sighash.segwit_v0(tx, shared, index, coin.code, sats, self.flag)
            case "p2tr key":
                return sighash.taproot(tx, shared, index, self.output, self.flag, annex=self.annex)
            case _:
                return sighash.taproot(
                    tx,
                    shared,
                    index,
                    self.output,
                    self.flag,
                    coin.root,
                    annex=self.annex,
                    code_separator=self.separator,
                )

    @property
    def signature(self) -> bytes:
        """Of our digest, as the network wants it."""
        coin, key = self.coin, bytearray(self.coin.secret)
        if coin.kind in ECDSA_KINDS:
            return curve.sign_ecdsa(key, self.digest, coin.public) + bytes((self.flag,))
        suffix = bytes((self.flag,)) if self.flag else b""
        if coin.kind == "p2tr key":
            return curve.sign_taproot(key, self.digest, coin.public, coin.output_key) + suffix
        return curve.sign_schnorr(key, self.digest, coin.public[1:]) + suffix

    @property
    def opened(self) -> TxInput:
        """The input with what opens its coin."""
        coin, one, signature = self.coin, self.tx.inputs[self.index], self.signature
        annex = (self.annex,) if self.annex else ()
        match coin.kind:
            case "p2pkh":
                return TxInput(one.outpoint, one.sequence, _pushes(signature, coin.public))
            case "p2sh":
                return TxInput(one.outpoint, one.sequence, _pushes(signature, coin.inner))
            case "p2wpkh":
                return TxInput(one.outpoint, one.sequence, witness=(signature, coin.public))
            case "p2wsh":
                return TxInput(one.outpoint, one.sequence, witness=(signature, coin.inner))
            case "p2tr key":
                return TxInput(one.outpoint, one.sequence, witness=(signature, *annex))
            case _:
                stack = (signature, coin.inner, coin.control_block, *annex)
                return TxInput(one.outpoint, one.sequence, witness=stack)

    @property
    def is_defined(self) -> bool:
        """Whether its hash type is one that has a name, for coins of its kind."""
        return self.flag in FLAGS or self.coin.kind in TAPROOT_KINDS

    @property
    def form(self) -> str:
        if not self.is_defined:
            return f"{self.coin.kind} other types"
        alone = "|ANYONECANPAY" if self.flag & sighash.ANYONECANPAY else ""
        return f"{self.coin.kind} {_NAMES[self.flag & 3]}{alone}"


def questions(seed: str, turn: int, peer: ModuleType) -> Iterator[Question | Unasked]:
    """The questions about some transactions, others at each turn."""
    for number in range(TRANSACTIONS):
        name = f"{seed}/digests/{turn}/{number}"
        spends = _transaction(Drawn(name))
        if hasattr(peer, "verdicts"):
            yield from _judged(spends, peer, name)
        else:
            yield from _compared(spends, peer, name)


def _judged(spends: list[Spent], peer: ModuleType, name: str) -> Iterator[Question]:
    """Whether each signature of our digests opens its coin."""
    tx = spends[0].tx
    inputs = tuple(one.opened for one in spends)
    signed = Tx(tx.version, inputs, tx.outputs, tx.locktime).encode_signed()
    verdicts = peer.verdicts(signed, list(spends[0].outputs))
    for one, verdict in zip(spends, verdicts, strict=True):
        case = f"input {one.index} of {name} {signed.hex()}"
        yield Question(one.form, ours=True, ask=said(verdict), case=case)


def _compared(spends: list[Spent], peer: ModuleType, name: str) -> Iterator[Question | Unasked]:
    for one in spends:
        case = f"input {one.index}, type {one.flag:02x} of {name} {one.tx.encode().hex()}"
        unasked, known = peer.no_digest(one), peer.other_digest(one)
        if unasked:
            yield Unasked(one.form, unasked)
        elif known:
            yield Known(one.form, one.digest, partial(peer.digest, one), case, known)
        else:
            yield Question(one.form, one.digest, partial(peer.digest, one), case)


def _transaction(drawn: Drawn) -> list[Spent]:
    coins = [_coin(drawn) for _ in range(drawn.between(1, 5))]
    spent = tuple(TxOutput(drawn.below(_MAX_SATS), coin.script_pubkey) for coin in coins)
    inputs = tuple(TxInput(drawn.bytes(36), _number(drawn)) for _ in coins)
    outputs = tuple(_output(drawn) for _ in range(drawn.between(1, 5)))
    tx = Tx(drawn.choice((1, 2, 3, _number(drawn))), inputs, outputs, _number(drawn))
    shared = Midstates(tx, spent)
    return [
        Spent(tx, spent, shared, index, coin, *_wish(drawn, coin, index < len(outputs)))
        for index, coin in enumerate(coins)
    ]


def _coin(drawn: Drawn) -> Coin:
    return Coin(
        drawn.choice((*ECDSA_KINDS, *TAPROOT_KINDS)),
        drawn.bytes(32),
        drawn.choice((0, 0, 0, 1, 2)),
        drawn.choice((0, 0, 0, 1)),
    )


def _wish(drawn: Drawn, coin: Coin, has_output: bool) -> tuple[int, bytes]:
    """A hash type and an annex."""
    if coin.kind in ECDSA_KINDS:
        return (drawn.below(256) if drawn.one_in(4) else drawn.choice(FLAGS)), b""
    annex = b"\x50" + drawn.bytes(drawn.choice((0, 1, 75, 300))) if drawn.one_in(5) else b""
    flags = [flag for flag in (0, *FLAGS) if has_output or flag & 3 != sighash.SINGLE]
    return drawn.choice(flags), annex


def _output(drawn: Drawn) -> TxOutput:
    return TxOutput(drawn.below(_MAX_SATS), drawn.bytes(drawn.choice((0, 1, 22, 34, 75, 260))))


def _number(drawn: Drawn) -> int:
    """32 bits, small and large ones."""
    return drawn.below(1 << drawn.choice((1, 9, 16, 30, 32)))


def _pushes(*items: bytes) -> bytes:
    assert all(len(item) < 0x4C for item in items)
    return b"".join(blob(item) for item in items)
