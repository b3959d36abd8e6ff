"""The fields of a PSBT: their types (BIP174, BIP370 and others), and the form each must have."""

from typing import NamedTuple

from signer.chains.bitcoin.psbt import forms
from signer.chains.bitcoin.psbt.forms import FieldForms, size

# Global fields.
UNSIGNED_TX, GLOBAL_XPUB, VERSION, PROPRIETARY = 0x00, 0x01, 0xFB, 0xFC
TX_VERSION, FALLBACK_LOCKTIME, INPUT_COUNT, OUTPUT_COUNT, TX_MODIFIABLE = range(0x02, 0x07)
GLOBAL_SP_ECDH_SHARE, GLOBAL_SP_DLEQ = 0x07, 0x08
# Input fields.
NON_WITNESS_UTXO, WITNESS_UTXO, PARTIAL_SIG, SIGHASH = range(0x04)
REDEEM_SCRIPT, WITNESS_SCRIPT, BIP32_DERIVATION = 0x04, 0x05, 0x06
FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS, POR_COMMITMENT = 0x07, 0x08, 0x09
RIPEMD160, SHA256, HASH160, HASH256 = range(0x0A, 0x0E)  # preimages, by their hashes
PREVIOUS_TXID, OUTPUT_INDEX, SEQUENCE = 0x0E, 0x0F, 0x10
REQUIRED_TIME_LOCKTIME, REQUIRED_HEIGHT_LOCKTIME = 0x11, 0x12
TAP_KEY_SIG, TAP_SCRIPT_SIG, TAP_LEAF_SCRIPT, TAP_BIP32_DERIVATION = range(0x13, 0x17)
TAP_INTERNAL_KEY, TAP_MERKLE_ROOT, P2C_TWEAK = 0x17, 0x18, 0x19
MUSIG2_PARTICIPANT_PUBKEYS, MUSIG2_PUB_NONCE, MUSIG2_PARTIAL_SIG = range(0x1A, 0x1D)
SP_ECDH_SHARE, SP_DLEQ = 0x1D, 0x1E
# Output fields.
OUT_REDEEM_SCRIPT, OUT_WITNESS_SCRIPT, OUT_BIP32_DERIVATION = range(0x03)
OUT_AMOUNT, OUT_SCRIPT = 0x03, 0x04
OUT_TAP_INTERNAL_KEY, OUT_TAP_TREE, OUT_TAP_BIP32_DERIVATION = range(0x05, 0x08)
OUT_MUSIG2_PARTICIPANT_PUBKEYS, OUT_SP_V0_INFO, OUT_SP_V0_LABEL = range(0x08, 0x0B)
OUT_DNSSEC_PROOF = 0x35


class Tables(NamedTuple):
    """The forms of a version's fields, for each kind of map."""

    head: FieldForms
    input: FieldForms
    output: FieldForms


_FORBIDDEN = (forms.ANY_SIZE, forms.ANY_SIZE, forms.forbidden)
_PLAIN = (forms.NONE, forms.ANY_SIZE, None)
_FOUR_BYTES = (forms.NONE, size(4), None)
_32_BYTES = (forms.NONE, size(32), None)
_PREIMAGE = {RIPEMD160: 20, SHA256: 32, HASH160: 20, HASH256: 32}
_DERIVATION = (forms.PUBLIC_KEYS, forms.ORIGIN, forms.public_key)
_TAP_DERIVATION = (size(32), forms.FILLED, forms.tap_origin)
_PARTICIPANTS = (size(33), forms.ANY_SIZE[33::33], forms.compressed_keys)
_PROPRIETARY = {PROPRIETARY: (forms.FILLED, forms.ANY_SIZE, forms.proprietary)}
_SHARE = (size(33), size(33), forms.compressed_keys)  # by scan key (BIP375)
_PROOF = (size(33), size(64), forms.compressed_key)

_SHARED = Tables(
    {
        # Its depth need not be its origin's (BIP174 asks for it): a key that was registered so is
        # written so, and nothing here is decided by it (T41).
        GLOBAL_XPUB: (size(78), forms.ORIGIN, None),
        VERSION: _FOUR_BYTES,
        **_PROPRIETARY,
    },
    {
        NON_WITNESS_UTXO: _PLAIN,
        WITNESS_UTXO: (forms.NONE, forms.FILLED, forms.output),
        PARTIAL_SIG: (forms.PUBLIC_KEYS, forms.FILLED, forms.public_key),
        SIGHASH: _FOUR_BYTES,
        REDEEM_SCRIPT: _PLAIN,
        WITNESS_SCRIPT: _PLAIN,
        BIP32_DERIVATION: _DERIVATION,
        FINAL_SCRIPTSIG: _PLAIN,
        FINAL_SCRIPTWITNESS: (forms.NONE, forms.FILLED, forms.witness),
        POR_COMMITMENT: _PLAIN,
        **{kind: (size(length), forms.ANY_SIZE, None) for kind, length in _PREIMAGE.items()},
        TAP_KEY_SIG: (forms.NONE, forms.TAP_SIGNATURE, None),
        TAP_SCRIPT_SIG: (size(64), forms.TAP_SIGNATURE, None),
        TAP_LEAF_SCRIPT: (forms.CONTROL_BLOCK, forms.FILLED, forms.tap_leaf),
        TAP_BIP32_DERIVATION: _TAP_DERIVATION,
        TAP_INTERNAL_KEY: _32_BYTES,
        TAP_MERKLE_ROOT: _32_BYTES,
        P2C_TWEAK: (size(33), size(32), forms.compressed_key),  # BIP372
        MUSIG2_PARTICIPANT_PUBKEYS: _PARTICIPANTS,  # BIP373
        MUSIG2_PUB_NONCE: (size(66, 98), size(66), forms.musig_key),
        MUSIG2_PARTIAL_SIG: (size(66, 98), size(32), forms.musig_key),
        **_PROPRIETARY,
    },
    {
        OUT_REDEEM_SCRIPT: _PLAIN,
        OUT_WITNESS_SCRIPT: _PLAIN,
        OUT_BIP32_DERIVATION: _DERIVATION,
        OUT_TAP_INTERNAL_KEY: _32_BYTES,
        OUT_TAP_TREE: (forms.NONE, forms.FILLED, forms.tap_tree),
        OUT_TAP_BIP32_DERIVATION: _TAP_DERIVATION,
        OUT_MUSIG2_PARTICIPANT_PUBKEYS: _PARTICIPANTS,
        OUT_DNSSEC_PROOF: (forms.NONE, forms.FILLED, forms.named_proof),  # BIP353
        **_PROPRIETARY,
    },
)
_ONLY_0 = Tables({UNSIGNED_TX: _PLAIN}, {}, {})
_ONLY_2 = Tables(
    {
        TX_VERSION: _FOUR_BYTES,
        FALLBACK_LOCKTIME: _FOUR_BYTES,
        INPUT_COUNT: (forms.NONE, forms.FILLED, None),
        OUTPUT_COUNT: (forms.NONE, forms.FILLED, None),
        TX_MODIFIABLE: (forms.NONE, size(1), None),
        GLOBAL_SP_ECDH_SHARE: _SHARE,
        GLOBAL_SP_DLEQ: _PROOF,
    },
    {
        PREVIOUS_TXID: _32_BYTES,
        OUTPUT_INDEX: _FOUR_BYTES,
        SEQUENCE: _FOUR_BYTES,
        REQUIRED_TIME_LOCKTIME: (forms.NONE, size(4), forms.time_lock),
        REQUIRED_HEIGHT_LOCKTIME: (forms.NONE, size(4), forms.height_lock),
        SP_ECDH_SHARE: _SHARE,
        SP_DLEQ: _PROOF,
    },
    {
        OUT_AMOUNT: (forms.NONE, size(8), None),
        OUT_SCRIPT: _PLAIN,
        OUT_SP_V0_INFO: (forms.NONE, size(66), forms.compressed_keys),
        OUT_SP_V0_LABEL: _FOUR_BYTES,
    },
)


def _tables(allowed: Tables, forbidden: Tables) -> Tables:
    return Tables(
        *(
            {**shared, **kept_forms, **dict.fromkeys(forbidden_forms, _FORBIDDEN)}
            for shared, kept_forms, forbidden_forms in zip(_SHARED, allowed, forbidden, strict=True)
        )
    )


FORMS = {0: _tables(_ONLY_0, _ONLY_2), 2: _tables(_ONLY_2, _ONLY_0)}
