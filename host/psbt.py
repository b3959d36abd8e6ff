"""A PSBT as maps of bytes (BIP174, BIP370), read strictly; and how a signed one is taken in.

What comes back from a device is not trusted: nothing but signatures is taken from it, and these
go into the PSBT that this wallet made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from host.errors import WalletError
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

MAGIC = b"psbt\xff"
UNSIGNED_TX = b"\x00"
PARTIAL_SIG = 0x02
BIP32_DERIVATION = b"\x06"
FINAL_SCRIPT_SIG = b"\x07"
FINAL_WITNESS = b"\x08"
TAP_KEY_SIG = b"\x13"  # BIP371
TAP_SCRIPT_SIG = 0x14
TAP_DERIVATION = b"\x16"
TAP_INTERNAL_KEY = b"\x17"
SILENT_ADDRESS = b"\x09"  # BIP375, PSBT_OUT_SP_V0_INFO
NAME_PROOF = b"\x35"  # BIP353, PSBT_OUT_DNSSEC_PROOF
SIGHASH_ALL = 0x01
# Version 2 (BIP370) has the transaction's parts in fields of their own.
_VERSION = b"\xfb"
_TX_VERSION, _FALLBACK_LOCK_TIME, _INPUT_COUNT, _OUTPUT_COUNT, _MODIFIABLE = (
    bytes([field]) for field in range(2, 7)
)
_PREVIOUS_TXID, _OUTPUT_INDEX, _SEQUENCE, _TIME_LOCK, _HEIGHT_LOCK = (
    bytes([field]) for field in range(0x0E, 0x13)
)
_AMOUNT, _SCRIPT = b"\x03", b"\x04"
_GLOBALS_2 = (_VERSION, _TX_VERSION, _FALLBACK_LOCK_TIME, _INPUT_COUNT, _OUTPUT_COUNT, _MODIFIABLE)
_INPUT_2 = (_PREVIOUS_TXID, _OUTPUT_INDEX, _SEQUENCE, _TIME_LOCK, _HEIGHT_LOCK)
_FINAL = 0xFFFFFFFF
_MOST_PARTS = 20_000

Map = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class PsbtMaps:
    """The three kinds of maps, records in the order they came; `top` has the transaction.

    An output to a silent payment address has no script before the device has computed one.
    """

    top: Map
    inputs: tuple[Map, ...]
    outputs: tuple[Map, ...]

    @classmethod
    def parse(cls, data: bytes) -> "PsbtMaps":
        """All of `data`, of version 0 or 2. Raises Malformed: duplicate keys, bytes left over."""
        cursor = Cursor(data)
        if cursor.take(len(MAGIC)) != MAGIC:
            raise Malformed("This is not a PSBT.")
        top = read_map(cursor)
        if UNSIGNED_TX not in top:
            return _read_version_2(top, cursor)
        unsigned = Transaction.parse(top[UNSIGNED_TX])
        inputs = tuple(read_map(cursor) for _ in unsigned.inputs)
        outputs = tuple(read_map(cursor) for _ in unsigned.outputs)
        cursor.end()
        return cls(top, inputs, outputs)

    def encode(self, version: int = 0) -> bytes:
        """As BIP174 writes it, or BIP370: version 2 is what silent payments need (BIP375)."""
        if version == 2 or any(SILENT_ADDRESS in records for records in self.outputs):
            return _encode_maps(_version_2(self))
        return _encode_maps(self)

    @property
    def unsigned_tx(self) -> bytes:
        return self.top[UNSIGNED_TX]


def with_names(raw: bytes, proofs: Mapping[bytes, bytes]) -> bytes:
    """The PSBT with names and their proofs (BIP353) at the outputs that pay these scripts."""
    if not proofs:
        return raw
    psbt = PsbtMaps.parse(raw)
    outputs = tuple(
        {**records, NAME_PROOF: proofs[txout.script_pubkey]}
        if txout.script_pubkey in proofs
        else records
        for records, txout in zip(
            psbt.outputs, Transaction.parse(psbt.unsigned_tx).outputs, strict=True
        )
    )
    return PsbtMaps(psbt.top, psbt.inputs, outputs).encode()


def is_same_payment(draft: PsbtMaps, answer: PsbtMaps) -> bool:
    """Whether both are about one transaction. What pays a silent address may differ.

    `draft` says which outputs these are: the device computes their scripts.
    """
    silent = {index for index, records in enumerate(draft.outputs) if SILENT_ADDRESS in records}
    return _opened(draft, silent) == _opened(answer, silent)


def _opened(psbt: PsbtMaps, silent: set[int]) -> Transaction:
    unsigned = Transaction.parse(psbt.unsigned_tx)
    outputs = tuple(
        replace(txout, script_pubkey=b"") if index in silent else txout
        for index, txout in enumerate(unsigned.outputs)
    )
    return replace(unsigned, outputs=outputs)


def merge_signatures(draft: bytes, signed: bytes) -> PsbtMaps:
    """Our own draft with the signatures of `signed`, one more or several for each input.

    The draft may have signatures of other keys already. Raises WalletError when `signed` is no
    clean PSBT, is about another transaction, changes what the draft says, or brings something else
    than signatures that commit to everything.
    """
    unsigned = PsbtMaps.parse(draft)
    try:
        returned = PsbtMaps.parse(signed)
    except Malformed as error:
        raise WalletError(f"What came back is not a clean PSBT: {error} {_SAFE}") from error
    if signed == draft:
        raise WalletError(f"The device found nothing to sign: it has other keys. {_SAFE}")
    if returned.unsigned_tx != unsigned.unsigned_tx:
        raise WalletError(f"Another transaction came back than the one to sign. {_SAFE}")
    pairs = zip((unsigned.top, *unsigned.outputs), (returned.top, *returned.outputs), strict=True)
    for draft_map, signed_map in pairs:
        _same_where_both_speak(draft_map, signed_map)
    inputs = list(zip(unsigned.inputs, returned.inputs, strict=True))
    if all(_is_known(*maps) for maps in inputs):
        raise WalletError("It has no signature that is not here already. Nothing was changed.")
    try:
        return PsbtMaps(unsigned.top, tuple(_signed(*maps) for maps in inputs), unsigned.outputs)
    except Malformed as error:
        raise WalletError(f"A signature came back broken: {error} {_SAFE}") from error


def _signed(draft_map: Map, signed_map: Map) -> Map:
    _same_where_both_speak(draft_map, signed_map)
    signatures = {key: value for key, value in signed_map.items() if is_signature(key)}
    signatures = signatures or _final_signature(signed_map)
    if not signatures.keys() - draft_map.keys():
        raise WalletError(f"Not every coin was signed. {_SAFE}")
    for key, value in signatures.items():
        _check_signature(draft_map, key, value)
    return signatures | draft_map  # a key that signs twice may do so in another way


def _is_known(draft_map: Map, signed_map: Map) -> bool:
    """Whether all signatures that came for an input were there before, and there are some."""
    signatures = {key for key in signed_map if is_signature(key)}
    return bool(signatures) and signatures <= draft_map.keys()


def _same_where_both_speak(draft_map: Map, signed_map: Map) -> None:
    # Dropping records is allowed: signers behind a camera trim what they return. Changing one is
    # how an amount or a change address would be swapped under the eyes of the next reader.
    shared = {key for key in signed_map.keys() & draft_map.keys() if not is_signature(key)}
    if any(signed_map[key] != draft_map[key] for key in shared):
        raise WalletError(f"The details of the payment came back changed. {_SAFE}")


def is_signature(key: bytes) -> bool:
    """Whether the record of an input is a signature of one key: partial, or taproot's."""
    return key == TAP_KEY_SIG or key[0] in {PARTIAL_SIG, TAP_SCRIPT_SIG}


def signer(records: Map, key: bytes) -> bytes:
    """Whose signature a record of an input is: fingerprint and path as BIP174 has them, or b""."""
    if key[0] == PARTIAL_SIG:
        return records.get(BIP32_DERIVATION + key[1:], b"")
    point = key[1:33] if key[0] == TAP_SCRIPT_SIG else records.get(TAP_INTERNAL_KEY, b"")
    return _tap_origin(records.get(TAP_DERIVATION + point, b""))[1]


def requested(records: Map) -> tuple[bytes, ...]:
    """The names of the signatures that an input asks for, of keys in scripts (BIP174, BIP371)."""
    ecdsa = (bytes([PARTIAL_SIG]) + name[1:] for name in records if name[:1] == BIP32_DERIVATION)
    taproot = (
        bytes([TAP_SCRIPT_SIG]) + name[1:] + leaf
        for name in records
        if name[:1] == TAP_DERIVATION
        for leaf in _tap_origin(records[name])[0]
    )
    return (*ecdsa, *taproot)


def _tap_origin(value: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The leaves a taproot key is in, and its origin (BIP371)."""
    if not value:
        return (), b""
    cursor = Cursor(value)
    leaves = tuple(cursor.take(32) for _ in range(cursor.compact()))
    return leaves, cursor.take(cursor.remaining)


def _final_signature(signed_map: Map) -> Map:
    """The one signature of a coin that is final: some signers are finalizers, too.

    A taproot key path (BIP341) has a signature; P2WPKH (BIP141), in its witness, and P2PKH, in its
    script, a signature and its key. Empty for any other, which does not say whose signatures it
    holds.
    """
    stack = Cursor(signed_map.get(FINAL_WITNESS, b"\x00"))
    count = stack.compact()
    if FINAL_WITNESS not in signed_map and FINAL_SCRIPT_SIG in signed_map:
        stack, count = Cursor(signed_map[FINAL_SCRIPT_SIG]), 2  # a short push is a blob, too
    if count == 1:
        return {TAP_KEY_SIG: stack.blob()}
    if count != 2:
        return {}
    signature, key = stack.blob(), stack.blob()
    return {} if stack.remaining else {bytes([PARTIAL_SIG]) + key: signature}


def _check_signature(draft_map: Map, key: bytes, value: bytes) -> None:
    requested, complete = _signature_fits(draft_map, key, value)
    if not requested:
        raise WalletError(f"A signature came back for a key that was not asked. {_SAFE}")
    # Any other kind leaves parts of the payment open for others to fill in.
    if not complete:
        raise WalletError(f"A signature came back that does not cover the whole payment. {_SAFE}")


def _signature_fits(draft_map: Map, key: bytes, value: bytes) -> tuple[bool, bool]:
    """Whether the key was asked to sign, and whether the signature covers everything."""
    # BIP341: 64 bytes mean DEFAULT, which covers the same as ALL.
    complete = len(value) == 64 or (len(value) == 65 and value[-1] == SIGHASH_ALL)
    if key == TAP_KEY_SIG:
        return TAP_INTERNAL_KEY in draft_map, complete
    if key[0] == TAP_SCRIPT_SIG:
        leaves, _ = _tap_origin(draft_map.get(TAP_DERIVATION + key[1:33], b""))
        return key[33:] in leaves, complete
    return BIP32_DERIVATION + key[1:] in draft_map, value[-1:] == bytes([SIGHASH_ALL])


def read_map(cursor: Cursor) -> Map:
    """The next map of a PSBT (BIP174). Raises Malformed: a key twice, or bytes missing."""
    records: Map = {}
    while key := cursor.blob():
        if key in records:
            raise Malformed("A key is there twice in the PSBT.")
        records[key] = cursor.blob()
    return records


def _encode_maps(psbt: PsbtMaps) -> bytes:
    return MAGIC + b"".join(map(_encode_map, (psbt.top, *psbt.inputs, *psbt.outputs)))


def _encode_map(records: Map) -> bytes:
    return b"".join(_blob(key) + _blob(value) for key, value in records.items()) + b"\x00"


def _blob(data: bytes) -> bytes:
    return compact_size(len(data)) + data


# --- version 2


def _version_2(psbt: PsbtMaps) -> PsbtMaps:
    unsigned = Transaction.parse(psbt.unsigned_tx)
    top = {key: value for key, value in psbt.top.items() if key != UNSIGNED_TX}
    top |= {
        _VERSION: _number(2),
        _TX_VERSION: _number(unsigned.version),
        _FALLBACK_LOCK_TIME: _number(unsigned.lock_time),
        _INPUT_COUNT: compact_size(len(unsigned.inputs)),
        _OUTPUT_COUNT: compact_size(len(unsigned.outputs)),
    }
    inputs = tuple(
        {
            **records,
            _PREVIOUS_TXID: txin.outpoint.txid,
            _OUTPUT_INDEX: _number(txin.outpoint.index),
            _SEQUENCE: _number(txin.sequence),
        }
        for records, txin in zip(psbt.inputs, unsigned.inputs, strict=True)
    )
    outputs = tuple(
        {**records, _AMOUNT: txout.sats.to_bytes(8, "little"), **_script_record(records, txout)}
        for records, txout in zip(psbt.outputs, unsigned.outputs, strict=True)
    )
    return PsbtMaps(top, inputs, outputs)


def _script_record(records: Map, txout: TxOut) -> Map:
    is_open = SILENT_ADDRESS in records and not txout.script_pubkey
    return {} if is_open else {_SCRIPT: txout.script_pubkey}


def _read_version_2(top: Map, cursor: Cursor) -> PsbtMaps:
    """Raises Malformed: a field that version 2 must have is missing, or bytes are left over."""
    if top.get(_VERSION) != _number(2):
        raise Malformed("There is neither an unsigned transaction nor version 2 in the PSBT.")
    count_in, count_out = (_count(top, field) for field in (_INPUT_COUNT, _OUTPUT_COUNT))
    inputs = [read_map(cursor) for _ in range(count_in)]
    outputs = [read_map(cursor) for _ in range(count_out)]
    cursor.end()
    transaction = Transaction(
        _uint(top, _TX_VERSION, 4),
        tuple(_txin(records) for records in inputs),
        tuple(_txout(records) for records in outputs),
        _lock_time(top, inputs),
    )
    unsigned = {UNSIGNED_TX: transaction.encode(witness=False)}
    return PsbtMaps(
        unsigned | _without(top, _GLOBALS_2),
        tuple(_without(records, _INPUT_2) for records in inputs),
        tuple(_without(records, (_AMOUNT, _SCRIPT)) for records in outputs),
    )


def _txin(records: Map) -> TxIn:
    txid = _field(records, _PREVIOUS_TXID)
    if len(txid) != 32:
        raise Malformed("A transaction has a name of 32 bytes.")
    sequence = _uint(records, _SEQUENCE, 4) if _SEQUENCE in records else _FINAL
    return TxIn(Outpoint(txid, _uint(records, _OUTPUT_INDEX, 4)), b"", sequence)


def _txout(records: Map) -> TxOut:
    is_open = SILENT_ADDRESS in records and _SCRIPT not in records
    return TxOut(_uint(records, _AMOUNT, 8), b"" if is_open else _field(records, _SCRIPT))


def _lock_time(top: Map, inputs: Sequence[Map]) -> int:
    """BIP370, Determining Lock Time: a height where every input that asks for one allows it."""
    locked = [records for records in inputs if {_TIME_LOCK, _HEIGHT_LOCK} & records.keys()]
    for field in (_HEIGHT_LOCK, _TIME_LOCK):
        if locked and all(field in records for records in locked):
            return max(_uint(records, field, 4) for records in locked)
    if locked:
        raise Malformed("Its inputs ask for lock times that exclude each other.")
    return _uint(top, _FALLBACK_LOCK_TIME, 4) if _FALLBACK_LOCK_TIME in top else 0


def _without(records: Map, fields: Sequence[bytes]) -> Map:
    return {key: value for key, value in records.items() if key not in fields}


def _field(records: Map, field: bytes) -> bytes:
    if field not in records:
        raise Malformed(f"Field {field.hex()} is missing in the PSBT.")
    return records[field]


def _uint(records: Map, field: bytes, size: int) -> int:
    value = _field(records, field)
    if len(value) != size:
        raise Malformed(f"Field {field.hex()} has the wrong size.")
    return int.from_bytes(value, "little")


def _count(top: Map, field: bytes) -> int:
    cursor = Cursor(_field(top, field))
    count = cursor.compact()
    cursor.end()
    if count > _MOST_PARTS:
        raise Malformed("It has too many inputs or outputs.")
    return count


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")


_SAFE = "Nothing was paid. Discard the payment and try again."
