"""What a signature commits to: the legacy digest, BIP143, BIP341 and BIP342, for every hash type.

Which types are signed is decided elsewhere; here each is computed as the network computes it. What
inputs have in common is hashed once, so signing grows linearly with inputs.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import Tx, TxOutput
from signer.errors import Refused
from signer.formats.cursor import blob, compact_size
from signer.hashes import Hasher, double_sha256, sha256, tagged_hasher

DEFAULT, ALL, NONE, SINGLE, ANYONECANPAY = 0, 1, 2, 3, 0x80
# The other flags there are (BIP143, BIP341): NONE, SINGLE, and each flag with ANYONECANPAY.
OPEN_TYPES = frozenset((0x02, 0x03, 0x81, 0x82, 0x83))
NO_CODE_SEPARATOR = 0xFFFFFFFF  # BIP342: none was executed before the OP_CHECKSIG
_TAPROOT_TYPES = OPEN_TYPES | {DEFAULT, ALL}
_OP_CODESEPARATOR = 0xAB
_NUMBER_ONE = b"\x01" + bytes(31)  # the number one, as the digests of consensus are written


class Midstates:
    """What the inputs of one transaction have in common, each part hashed when first asked for.

    Lists are hashed once with SHA256 (BIP341); BIP143 hashes three of them once more.
    """

    def __init__(self, tx: Tx, spent: Sequence[TxOutput]) -> None:
        self._tx = tx
        self._spent = spent
        self._segwit_v0: dict[int, tuple[bytes, bytes, bytes]] = {}
        self._taproot: dict[int, Hasher] = {}

    @cached_property
    def outpoints(self) -> bytes:
        return sha256(b"".join(tx_input.outpoint for tx_input in self._tx.inputs))

    @cached_property
    def sequences(self) -> bytes:
        return sha256(
            b"".join(tx_input.sequence.to_bytes(4, "little") for tx_input in self._tx.inputs)
        )

    @cached_property
    def outputs(self) -> bytes:
        return sha256(self.encoded_outputs)

    @cached_property
    def amounts(self) -> bytes:
        return sha256(b"".join(utxo.sats.to_bytes(8, "little") for utxo in self._spent))

    @cached_property
    def scripts(self) -> bytes:
        parts = ((compact_size(len(s)), s) for s in (utxo.script_pubkey for utxo in self._spent))
        return sha256(b"".join(chain.from_iterable(parts)))

    @cached_property
    def blank_inputs(self) -> bytes:
        """Every input with an empty script, 41 bytes each: legacy signatures share them."""
        return b"".join(
            tx_input.outpoint + b"\x00" + tx_input.sequence.to_bytes(4, "little")
            for tx_input in self._tx.inputs
        )

    @cached_property
    def encoded_outputs(self) -> bytes:
        return b"".join(tx_output.encode() for tx_output in self._tx.outputs)

    def segwit_v0(self, hash_type: int) -> tuple[bytes, bytes, bytes]:
        """Before the outpoint, the hash of all outputs or zeros, and what is last (BIP143)."""
        if hash_type not in self._segwit_v0:
            self._segwit_v0[hash_type] = self._segwit_v0_parts(hash_type)
        return self._segwit_v0[hash_type]

    def _segwit_v0_parts(self, hash_type: int) -> tuple[bytes, bytes, bytes]:
        is_alone, is_open = hash_type & ANYONECANPAY, hash_type & 0x1F in {NONE, SINGLE}
        return (
            self._tx.version.to_bytes(4, "little")
            + (bytes(32) if is_alone else sha256(self.outpoints))
            + (bytes(32) if is_alone or is_open else sha256(self.sequences)),
            bytes(32) if is_open else sha256(self.outputs),
            self._tx.locktime.to_bytes(4, "little") + _four_bytes(hash_type),
        )

    def taproot(self, hash_type: int) -> Hasher:
        """The message up to the spend type, taken in by a running hash (BIP341)."""
        if hash_type not in self._taproot:
            self._taproot[hash_type] = self._taproot_prefix(hash_type)
        return self._taproot[hash_type].copy()

    def _taproot_prefix(self, hash_type: int) -> Hasher:
        if hash_type not in _TAPROOT_TYPES:
            raise Refused(BitcoinReason.SIGHASH_UNKNOWN)
        hasher = tagged_hasher("TapSighash")
        hasher.update(bytes((0, hash_type)))  # the epoch comes first
        hasher.update(self._tx.version.to_bytes(4, "little"))
        hasher.update(self._tx.locktime.to_bytes(4, "little"))
        if not hash_type & ANYONECANPAY:
            hasher.update(self.outpoints + self.amounts + self.scripts + self.sequences)
        if hash_type & 3 not in {NONE, SINGLE}:
            hasher.update(self.outputs)
        return hasher


def midstates(tx: Tx, spent: Sequence[TxOutput]) -> Midstates:
    """The shared hashes of a transaction that spends these outputs, one per input, in order."""
    return Midstates(tx, spent)


def legacy(
    tx: Tx, index: int, script_code: bytes, hash_type: int, shared: Midstates | None = None
) -> bytes:
    """The digest of input `index` before segwit (Bitcoin Core, interpreter.cpp, SignatureHash).

    `script_code` is the output script, or the redeem script of P2SH. Consensus also deletes the
    signature itself from it, which a script cannot hold before it is signed. SINGLE without an
    output of that index gives the number one, which no signer may sign (T12).
    """
    shared = shared or Midstates(tx, ())
    kind = hash_type & 0x1F
    if kind == SINGLE and index >= len(tx.outputs):
        return _NUMBER_ONE
    return double_sha256(
        b"".join(
            (
                tx.version.to_bytes(4, "little"),
                *_legacy_inputs(tx, shared, index, _without_separators(script_code), hash_type),
                _legacy_outputs(tx, shared, index, kind),
                tx.locktime.to_bytes(4, "little"),
                _four_bytes(hash_type),
            )
        )
    )


def segwit_v0(
    tx: Tx, shared: Midstates, index: int, script_code: bytes, sats: int, hash_type: int
) -> bytes:
    """The digest of input `index`, which spends `sats` (BIP143, Specification).

    `script_code` is the P2PKH script of a P2WPKH coin's key, or the witness script of P2WSH from
    behind the last OP_CODESEPARATOR that was executed.
    """
    start, outputs, end = shared.segwit_v0(hash_type)
    tx_input = tx.inputs[index]
    if hash_type & 0x1F == SINGLE and index < len(tx.outputs):
        outputs = double_sha256(tx.outputs[index].encode())
    return double_sha256(
        b"".join(
            (
                start,
                tx_input.outpoint,
                blob(script_code),
                sats.to_bytes(8, "little"),
                tx_input.sequence.to_bytes(4, "little"),
                outputs,
                end,
            )
        )
    )


def taproot(  # noqa: PLR0913  what BIP341 and BIP342 commit to
    tx: Tx,
    shared: Midstates,
    index: int,
    spent: TxOutput,
    hash_type: int,
    leaf_hash: bytes = b"",
    *,
    annex: bytes = b"",
    code_separator: int = NO_CODE_SEPARATOR,
) -> bytes:
    """The digest of input `index`, which spends `spent`: by key, or with `leaf_hash` by that leaf.

    BIP341 (Common signature message), BIP342 (Common signature message extension). `annex` is the
    whole witness item, its first byte 50 included. Raises Refused for a hash type that taproot does
    not know, and for SINGLE without an output of that index.
    """
    hasher = shared.taproot(hash_type)
    hasher.update(bytes((2 * bool(leaf_hash) + bool(annex),)))  # spend type
    if hash_type & ANYONECANPAY:
        hasher.update(tx.inputs[index].outpoint + spent.encode())
        hasher.update(tx.inputs[index].sequence.to_bytes(4, "little"))
    else:
        hasher.update(index.to_bytes(4, "little"))
    if annex:
        hasher.update(sha256(blob(annex)))
    if hash_type & 3 == SINGLE:
        if index >= len(tx.outputs):
            raise Refused(BitcoinReason.SIGHASH_UNSUPPORTED)
        hasher.update(sha256(tx.outputs[index].encode()))
    if leaf_hash:
        hasher.update(leaf_hash + b"\x00" + code_separator.to_bytes(4, "little"))
    return hasher.digest()


def _legacy_inputs(
    tx: Tx, shared: Midstates, index: int, code: bytes, hash_type: int
) -> tuple[bytes, ...]:
    tx_input = tx.inputs[index]
    signed_input = tx_input.outpoint + blob(code) + tx_input.sequence.to_bytes(4, "little")
    if hash_type & ANYONECANPAY:
        return b"\x01", signed_input
    other_inputs = shared.blank_inputs
    if hash_type & 0x1F in {NONE, SINGLE}:  # the others may be replaced: their sequences are zeros
        other_inputs = b"".join(i.outpoint + bytes(5) for i in tx.inputs)
    offset = 41 * index
    return (
        compact_size(len(tx.inputs)),
        other_inputs[:offset],
        signed_input,
        other_inputs[offset + 41 :],
    )


def _legacy_outputs(tx: Tx, shared: Midstates, index: int, kind: int) -> bytes:
    if kind == NONE:
        return b"\x00"
    if kind == SINGLE:
        blank = (b"\xff" * 8 + b"\x00") * index  # an amount of -1, no script
        return compact_size(index + 1) + blank + tx.outputs[index].encode()
    return compact_size(len(tx.outputs)) + shared.encoded_outputs


def _without_separators(code: bytes) -> bytes:
    """Without any OP_CODESEPARATOR outside of pushed data; what cannot be parsed stays as it is."""
    if _OP_CODESEPARATOR not in code:
        return code
    pieces, start = [], 0
    for offset, opcode, _ in script.operations(code):
        if opcode == _OP_CODESEPARATOR:
            pieces.append(code[start:offset])
            start = offset + 1
    return b"".join((*pieces, code[start:]))


def _four_bytes(hash_type: int) -> bytes:
    return (hash_type & 0xFFFFFFFF).to_bytes(4, "little")
