"""Jade's multisig accounts, and the policies (BIP388) that say the same.

Jade gives each signer a path of its own below its key. What a policy cannot say is not registered:
here all keys of an account walk together, through a branch to an index.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_emu.commands import AccountDetails
from firmware_emu.personalities.jade.params import MOST_SIGNERS, BadParameter, Params
from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.multisig_file import Cosigner, MultisigFile
from signer.keys import path
from signer.keys.extended import ExtendedPublicKey

VARIANTS = {
    "sh(multi(k))": ("sh(", ")"),
    "wsh(multi(k))": ("wsh(", ")"),
    "sh(wsh(multi(k)))": ("sh(wsh(", "))"),
}
SIGNERS = "Failed to extract valid co-signers from parameters"
INVALID = "Failed to validate co-signers"
_THRESHOLD = "Invalid multisig threshold value"
_LONGEST_XPUB = 128
_XPUB, _TPUB = bytes.fromhex("0488b21e"), bytes.fromhex("043587cf")  # BIP32
_TEMPLATE = re.compile(
    r"(sh\(wsh\(|wsh\(|sh\()(sorted)?multi\((\d{1,2})((?:,@\d+/(?:\*\*|<0;1>/\*))+)\)+"
)
_KEY = re.compile(r"\[([0-9a-fA-F]{8})((?:/[0-9]+[h']?)*)\](\w+)((?:/[0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Signer:
    """One key. `derivation` leads to it from the master key, `path` is below it."""

    fingerprint: bytes
    derivation: tuple[int, ...]
    xpub: str
    path: tuple[int, ...] = ()

    def key(self) -> str:
        """The key expression of a policy: the path below the key is part of the way to it."""
        xpub = _derived_below(self.xpub, self.path) if self.path else self.xpub
        way = path.render(self.derivation + self.path).removeprefix("m")
        return f"[{self.fingerprint.hex()}{way}]{xpub}"

    def spelled(self) -> str:
        """The key with the path below it as it was given."""
        way = path.render(self.derivation).removeprefix("m")
        below = path.render(self.path).removeprefix("m")
        return f"[{self.fingerprint.hex()}{way}]{self.xpub}{below}"


@dataclass(frozen=True, slots=True)
class Multisig:
    """`variant` is one of VARIANTS."""

    variant: str
    is_sorted: bool
    threshold: int
    signers: tuple[Signer, ...]

    def template(self) -> str:
        opening, closing = VARIANTS[self.variant]
        order = "sorted" if self.is_sorted else ""
        keys = "".join(f",@{number}/**" for number in range(len(self.signers)))
        return f"{opening}{order}multi({self.threshold}{keys}){closing}"

    def keys(self) -> tuple[str, ...]:
        return tuple(signer.key() for signer in self.signers)

    def spelled(self) -> tuple[str, ...]:
        return tuple(signer.spelled() for signer in self.signers)


def read(value: cbor.Value) -> Multisig:
    """The `descriptor` of register_multisig. Raises BadParameter."""
    if not isinstance(value, dict):
        raise BadParameter("Cannot extract multisig descriptor data")
    params = Params(value)
    variant = value.get("variant")
    if not isinstance(variant, str) or variant not in VARIANTS:
        raise BadParameter("Invalid script variant parameter")
    is_sorted = params.choice("sorted", "Invalid sorted flag value")
    threshold = params.number("threshold", _THRESHOLD)
    if not 1 <= threshold <= MOST_SIGNERS:
        raise BadParameter(_THRESHOLD)
    signers = tuple(_signers(value.get("signers")))
    if threshold > len(signers):
        raise BadParameter(_THRESHOLD)
    _check_blinding_key(value.get("master_blinding_key"))
    return Multisig(variant, is_sorted, threshold, signers)


def _check_blinding_key(value: cbor.Value) -> None:
    """A key for another network's amounts: it has no use here, and a wrong one is told."""
    if value is not None and not (isinstance(value, bytes) and len(value) == 32):
        raise BadParameter("Invalid blinding key")


def _signers(value: cbor.Value) -> Iterator[Signer]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_SIGNERS:
        raise BadParameter(SIGNERS)
    for fields in value:
        if not isinstance(fields, dict):
            raise BadParameter(SIGNERS)
        params = Params(fields)
        yield Signer(
            params.data("fingerprint", 4, SIGNERS),
            params.path(name="derivation", may_be_empty=True, sentence=SIGNERS),
            params.text("xpub", _LONGEST_XPUB, SIGNERS),
            params.path(may_be_empty=True, sentence=SIGNERS),
        )


def _derived_below(xpub: str, steps: tuple[int, ...]) -> str:
    try:
        key = ExtendedPublicKey.parse(xpub, (_XPUB, _TPUB))
        for step in steps:
            key = key.child(step)
    except Malformed as error:
        raise BadParameter(f"{INVALID}. {error}") from None
    return key.encode(_XPUB if xpub.startswith("x") else _TPUB)


def of_file(file: MultisigFile) -> Multisig:
    """The multisig of a file. Raises BadParameter for a path that no key can have."""
    try:
        signers = [
            Signer(cosigner.fingerprint, path.parse(cosigner.derivation), cosigner.xpub)
            for cosigner in file.cosigners
        ]
    except Malformed:
        raise BadParameter("Invalid derivation path") from None
    return Multisig(file.script, file.is_sorted, file.threshold, tuple(signers))


def to_file(name: str, multisig: Multisig) -> MultisigFile:
    """The file of a multisig that was registered: its keys have no path below them."""
    cosigners = tuple(
        Cosigner(signer.fingerprint, path.render(signer.derivation), signer.xpub)
        for signer in multisig.signers
    )
    return MultisigFile(name, multisig.variant, multisig.is_sorted, multisig.threshold, cosigners)


def of_account(account: AccountDetails) -> Multisig | None:
    """The multisig that a registered account is, or None for one of another kind."""
    match = _TEMPLATE.fullmatch(account.template)
    keys = [_KEY.fullmatch(key) for key in account.given_keys]
    if not match or not all(keys):
        return None
    opening, order, threshold, _ = match.groups()
    variant = next(name for name, outer in VARIANTS.items() if outer[0] == opening)
    signers = tuple(
        Signer(bytes.fromhex(key[1]), path.parse(f"m{key[2]}"), key[3], path.parse(f"m{key[4]}"))
        for key in keys
        if key
    )
    return Multisig(variant, bool(order), int(threshold), signers)


def summary(multisig: Multisig) -> cbor.Value:
    """As get_registered_multisigs tells it."""
    return {
        "variant": multisig.variant,
        "sorted": multisig.is_sorted,
        "threshold": multisig.threshold,
        "num_signers": len(multisig.signers),
        "master_blinding_key": b"",
    }


def descriptor(multisig: Multisig) -> cbor.Value:
    """As get_registered_multisig tells it."""
    return {
        "variant": multisig.variant,
        "sorted": multisig.is_sorted,
        "threshold": multisig.threshold,
        "signers": [_signer_map(signer) for signer in multisig.signers],
        "master_blinding_key": b"",
    }


def _signer_map(signer: Signer) -> cbor.Value:
    return {
        "fingerprint": signer.fingerprint,
        "derivation": list(signer.derivation),
        "xpub": signer.xpub,
        "path": list(signer.path),
    }
