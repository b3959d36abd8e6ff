"""The table of fragments: all that BIP379 says of each, one row a fragment, in the BIP's own terms.

`X`, `Y` and `Z` are the fragments inside. How a column is read is said where it is read: `script`
in `assembly`, `satisfied` and `dissatisfied` in `costs`, `types` in `types`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

K = TypeVar("K")


class Context(Enum):
    """Where a miniscript stands: the bytes of a key there, and of the longest signature.

    A signature is DER with a hash type in P2WSH (72: other signers may not grind for a low R),
    and Schnorr with a hash type in tapscript (65).
    """

    WSH = 33, 72
    TAPSCRIPT = 32, 65

    @property
    def key_bytes(self) -> int:
        return self.value[0]

    @property
    def signature_bytes(self) -> int:
        return self.value[1]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FragmentNode(Generic[K]):
    """One fragment without those inside it. What its kind does not use is 0 or empty.

    `number` is a threshold or a lock, `digest` 20 or 32 bytes, `own_keys` in the order of the text.
    """

    context: Context
    name: str
    number: int = 0
    digest: bytes = b""
    own_keys: tuple[K, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """What BIP379 says of one fragment.

    `arguments` is what the text holds: nothing, `key`, `number`, `hash20`, `hash32`, `X` to `XYZ`,
    or behind a threshold `keys` (`max_keys` of them) or `subs`.
    """

    arguments: str
    script: str
    satisfied: str
    dissatisfied: str
    types: str
    max_keys: int = 0


IMPOSSIBLE = "-"  # no witness does this, or only one that a stranger could change


def _hash(size: int, opcode: str) -> Spec:
    # Any 32 bytes but the preimage dissatisfy it, so a stranger could put others there.
    script = f"SIZE 32 EQUALVERIFY {opcode} hash EQUAL"
    return Spec(f"hash{size}", script, "preimage", IMPOSSIBLE, "B o n u d m")


def _multi(keys: str) -> Spec:
    script = f"number {keys} count CHECKMULTISIG"
    return Spec(
        "keys", script, "0 signatures counted", "0 zeros counted", "B n u d e m s", max_keys=20
    )


def _multi_a(checks: str) -> Spec:
    script = f"{checks} number NUMEQUAL"
    return Spec("keys", script, "signatures blanks", "zeros blanks", "B u d e m s", max_keys=999)


def _dup_if(unit: str) -> Spec:
    return Spec("X", "DUP IF X ENDIF", "sX 1", "0", f"B=VXzX o n d {unit} s=sX e m=mX")


# fmt: off
_PKH = "DUP HASH160 keyhash EQUALVERIFY"
_ANYWHERE = {
    "0": Spec("", "0", IMPOSSIBLE, "", "B z u d e m s"),
    "1": Spec("", "1", "", IMPOSSIBLE, "B z u f m"),
    "pk_k": Spec("key", "key", "signature", "0", "K o n u d e m s"),
    "pk_h": Spec("key", _PKH, "signature key", "0 key", "K n u d e m s"),
    "pk": Spec("key", "key CHECKSIG", "signature", "0", "B o n u d e m s"),
    "pkh": Spec("key", f"{_PKH} CHECKSIG", "signature key", "0 key", "B n u d e m s"),
    "older": Spec("number", "number CHECKSEQUENCEVERIFY", "", IMPOSSIBLE, "B z f m"),
    "after": Spec("number", "number CHECKLOCKTIMEVERIFY", "", IMPOSSIBLE, "B z f m"),
    "sha256": _hash(32, "SHA256"),
    "hash256": _hash(32, "HASH256"),
    "ripemd160": _hash(20, "RIPEMD160"),
    "hash160": _hash(20, "HASH160"),
    "andor": Spec("XYZ", "X NOTIF Z ELSE Y ENDIF", "sY sX | sZ dX", "dZ dX",
        "B=BXdXuXBYBZ V=BXdXuXVYVZ K=BXdXuXKYKZ z=zXzYzZ o=zXoYoZ+oXzYzZ u=uYuZ d=dZ"
        " s=sZsX+sZsY e=eZsX+eZfY f=fZsX+fZfY m=mXmYmZeXsX+mXmYmZeXsY+mXmYmZeXsZ"),
    "and_n": Spec("XY", "X NOTIF 0 ELSE Y ENDIF", "sY sX", "dX",
        "B=BXdXuXBY z=zXzY o=oXzY u=uY d s=sX+sY e=sX+fY m=mXmYeX"),
    "and_v": Spec("XY", "X Y", "sY sX", IMPOSSIBLE,
        "B=VXBY V=VXVY K=VXKY z=zXzY o=oXzY+zXoY n=nX+zXnY u=uY s=sX+sY f=sX+fY m=mXmY"),
    "and_b": Spec("XY", "X Y BOOLAND", "sY sX", "dY dX",
        "B=BXWY z=zXzY o=oXzY+zXoY n=nX+zXnY d=dXdY u"
        " s=sX+sY e=eXeYsXsY f=fXfY+sXfX+sYfY m=mXmY"),
    "or_b": Spec("XY", "X Y BOOLOR", "dY sX | sY dX", "dY dX",
        "B=BXdXWYdY z=zXzY o=oXzY+zXoY d u s=sXsY e m=mXmYeXeYsX+mXmYeXeYsY"),
    "or_c": Spec("XY", "X NOTIF Y ENDIF", "sX | sY dX", IMPOSSIBLE,
        "V=BXdXuXVY z=zXzY o=oXzY s=sXsY f m=mXmYeXsX+mXmYeXsY"),
    "or_d": Spec("XY", "X IFDUP NOTIF Y ENDIF", "sX | sY dX", "dY dX",
        "B=BXdXuXBY z=zXzY o=oXzY d=dY u=uY s=sXsY e=eY f=fY m=mXmYeXsX+mXmYeXsY"),
    "or_i": Spec("XY", "IF X ELSE Y ENDIF", "sX 1 | sY 0", "dX 1 | dY 0",
        "B=BXBY V=VXVY K=KXKY o=zXzY u=uXuY d=dX+dY"
        " s=sXsY e=eXfY+fXeY f=fXfY m=mXmYsX+mXmYsY"),
    "thresh": Spec("subs", "sum number EQUAL", "", "", ""),  # the other columns: types, costs
    "a": Spec("X", "TOALTSTACK X FROMALTSTACK", "sX", "dX", "W=BX u=uX d=dX s=sX e=eX f=fX m=mX"),
    "s": Spec("X", "SWAP X", "sX", "dX", "W=BXoX u=uX d=dX s=sX e=eX f=fX m=mX"),
    "c": Spec("X", "X CHECKSIG", "sX", "dX", "B=KX o=oX n=nX d=dX u s e=eX f=fX m=mX"),
    "t": Spec("X", "X 1", "sX", IMPOSSIBLE, "B=VX z=zX o=oX n=nX u s=sX f m=mX"),
    "v": Spec("X", "verified", "sX", IMPOSSIBLE, "V=BX z=zX o=oX n=nX s=sX f m=mX"),
    "j": Spec("X", "SIZE 0NOTEQUAL IF X ENDIF", "sX", "0", "B=BXnX o=oX n d u=uX s=sX e=fX m=mX"),
    "n": Spec("X", "X 0NOTEQUAL", "sX", "dX", "B=BX z=zX o=oX n=nX d=dX u s=sX e=eX f=fX m=mX"),
    "l": Spec("X", "IF 0 ELSE X ENDIF", "sX 0", "1 | dX 0", "B=BX o=zX u=uX d s=sX e=fX m=mX"),
    "u": Spec("X", "IF X ELSE 0 ENDIF", "sX 1", "dX 1 | 0", "B=BX o=zX u=uX d s=sX e=fX m=mX"),
}
# fmt: on
TABLE = {
    Context.WSH: {
        **_ANYWHERE,
        "d": _dup_if(""),  # what it tests is left on the stack, and only a policy says that it is 1
        "multi": _multi("keys"),
        "sortedmulti": _multi("sortedkeys"),
    },
    Context.TAPSCRIPT: {
        **_ANYWHERE,
        "d": _dup_if("u"),  # here consensus says so (BIP342, MINIMALIF)
        "multi_a": _multi_a("checks"),
        "sortedmulti_a": _multi_a("sortedchecks"),
    },
}


def is_wrapper(name: str) -> bool:
    """Whether this fragment is written as a letter and a colon before the one inside it."""
    return len(name) == 1 and name.isalpha()
