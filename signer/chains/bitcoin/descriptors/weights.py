"""How much an input grows when it is signed: what a fee per byte is reckoned with beforehand."""

from signer.chains.bitcoin.descriptors.expressions import (
    Multi,
    ScriptExpression,
    Sh,
    Single,
    Tr,
    Wsh,
)
from signer.chains.bitcoin.descriptors.miniscript import Fragment
from signer.formats.cursor import compact_size

# Bytes in a witness or a scriptSig, with their lengths. We grind ECDSA signatures for a low R, so
# that they have 71 bytes with their hash type; other signers of a multisig may not.
_SIGNATURE, _OTHERS_SIGNATURE, _KEY, _SCHNORR = 72, 73, 34, 65
_COUNT = 1  # of the items in a witness; 3 where there are over 252, in scripts of as many keys


def max_witness_bytes(form: ScriptExpression, *, by_key: bool) -> int:
    """The most an input's witness takes, with its count; 0 where there is none.

    `by_key`: whether a taproot coin is spent with its internal key, not with one of its scripts.
    """
    match form:
        case Single("wpkh") | Sh(Single("wpkh")):
            return _COUNT + _SIGNATURE + _KEY
        case Single("rawtr"):
            return _COUNT + _SCHNORR
        case Wsh(inner) | Sh(Wsh(inner)):
            return _satisfied(inner)
        case Tr() if by_key:
            return _COUNT + _SCHNORR
        case Tr():
            # A control block: the internal key with its first byte, and a hash for each level.
            proofs = [33 + 32 * depth for depth in form.depths]
            pairs = zip(form.leaves, proofs, strict=True)
            return max(_satisfied(leaf) + _counted(proof) for leaf, proof in pairs)
        case _:
            return 0


def _satisfied(inner: Fragment[int]) -> int:
    return _COUNT + inner.max_witness_bytes + _counted(_script_bytes(inner))


def _counted(size: int) -> int:
    return len(compact_size(size)) + size


def _script_bytes(inner: Fragment[int]) -> int:
    """How long a miniscript is; whatever its keys are, they have one length."""
    key = bytes(inner.context.key_bytes)
    return len(inner.compile(lambda _: key))


def max_script_sig_bytes(form: ScriptExpression) -> int:
    """The most an input's scriptSig takes, without its length."""
    match form:
        case Single("pk"):
            return _SIGNATURE
        case Single("pkh"):
            return _SIGNATURE + _KEY
        case Sh(Single("wpkh")):
            return 1 + 22
        case Sh(Wsh()):
            return 1 + 34
        case Sh(Multi(threshold, keys)):
            size = 3 + 34 * len(keys)
            pushed = size + (1 if size < 76 else 2 if size < 256 else 3)
            return 1 + threshold * _OTHERS_SIGNATURE + pushed
        case _:
            return 0
