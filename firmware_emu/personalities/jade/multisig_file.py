"""The multisig file that many wallets write: `Name: value` lines, then a line for each key.

Name: Family
Policy: 2 of 3
Format: P2WSH
Derivation: m/48h/0h/0h/2h
9f3c21aa: xpub6...
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_emu.personalities.jade.multisig import (
    Multisig,
    Signer,
    check_blinding_key,
    plain,
)
from firmware_emu.personalities.jade.params import (
    DEEPEST,
    LONGEST_NAME,
    MOST_SIGNERS,
    BadParameter,
)
from signer.errors import Malformed
from signer.keys import path

LONGEST = 8 * 1024
_FORMATS = {
    "P2SH": "sh(multi(k))",
    "P2WSH": "wsh(multi(k))",
    "P2SH-P2WSH": "sh(wsh(multi(k)))",
    "P2WSH-P2SH": "sh(wsh(multi(k)))",
}
_SORTED = {"true": True, "false": False}
_FIELDS = {"name", "policy", "format", "sorted", "blindingkey"}
_NEEDED = {"name", "policy", "format"}
_POLICY = re.compile(r"([0-9]{1,2})\s+of\s+([0-9]{1,2})", re.IGNORECASE | re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-fA-F]{8}", re.ASCII)
_BROKEN = "Invalid multisig file"
_FEW = "Insufficient information records"


@dataclass(slots=True)
class _Seen:
    """What the lines have said so far."""

    fields: dict[str, str] = field(default_factory=dict)
    derivation: tuple[int, ...] | None = None
    signers: list[Signer] = field(default_factory=list)
    are_real: set[bool] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class File:
    """`network` is what its keys tell: "mainnet" or "testnet"."""

    name: str
    multisig: Multisig
    network: str


def parse(text: str) -> File:
    """What a file says. Raises BadParameter, whose sentences begin as Jade's do."""
    seen = _Seen()
    for key, value in _lines(text):
        _take(seen, key, value)
    if seen.derivation is None or _NEEDED - seen.fields.keys():
        raise BadParameter(_FEW)
    threshold, count = _policy(seen.fields["policy"])
    if len(seen.signers) != count:
        raise BadParameter("Invalid number of signers")
    if len(seen.are_real) != 1:
        raise BadParameter(f"{_BROKEN}. Its keys belong to different networks.")
    variant = _FORMATS.get(seen.fields["format"].upper())
    if variant is None:
        raise BadParameter("Invalid multisig format")
    is_sorted = _SORTED.get(seen.fields.get("sorted", "true").lower())
    if is_sorted is None:
        raise BadParameter("Invalid sorted flag")
    multisig = Multisig(variant, is_sorted, threshold, tuple(seen.signers))
    network = "mainnet" if True in seen.are_real else "testnet"
    return File(_name(seen.fields["name"]), multisig, network)


def render(name: str, multisig: Multisig) -> str:
    """The file of an account."""
    formats = {variant: name for name, variant in reversed(_FORMATS.items())}
    lines = [
        "# Exported by Quietkey",
        f"Name: {name}",
        f"Policy: {multisig.threshold} of {len(multisig.signers)}",
        f"Format: {formats[multisig.variant]}",
        f"Sorted: {multisig.is_sorted}",
    ]
    for signer in multisig.signers:
        lines.append(f"Derivation: {path.render(signer.derivation).replace('h', chr(39))}")
        lines.append(f"{signer.fingerprint.hex()}: {signer.xpub}")
    return "\n".join(lines) + "\n"


def _lines(text: str) -> Iterator[tuple[str, str]]:
    if not text.isascii() or len(text) > LONGEST:
        raise BadParameter(_BROKEN)
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not colon:
            raise BadParameter(_BROKEN)
        yield key.strip(), value.strip()


def _take(seen: _Seen, key: str, value: str) -> None:
    name = key.lower()
    if name == "derivation":
        seen.derivation = _derivation(value)
    elif name in _FIELDS and name not in seen.fields:
        seen.fields[name] = value
        if name == "blindingkey":
            _check_hex(value)
    elif _FINGERPRINT.fullmatch(key) and len(seen.signers) < MOST_SIGNERS:
        if seen.derivation is None:
            raise BadParameter(_FEW)
        xpub, is_real = plain(value)
        seen.are_real.add(is_real)
        seen.signers.append(Signer(bytes.fromhex(key), seen.derivation, xpub))
    else:
        raise BadParameter(_BROKEN)


def _check_hex(value: str) -> None:
    try:
        check_blinding_key(bytes.fromhex(value))
    except ValueError:
        check_blinding_key(value)


def _derivation(text: str) -> tuple[int, ...]:
    try:
        steps = path.parse(text)
    except Malformed:
        steps = None
    if steps is None or len(steps) > DEEPEST:
        raise BadParameter("Invalid derivation path")
    return steps


def _policy(text: str) -> tuple[int, int]:
    found = _POLICY.fullmatch(text)
    threshold, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= threshold <= count <= MOST_SIGNERS:
        raise BadParameter("Invalid multisig policy")
    return threshold, count


def _name(text: str) -> str:
    """A name as Jade's can be: no spaces, 15 letters. The person reads it before it is kept."""
    short = text.replace(" ", "_")[:LONGEST_NAME]
    if not short or not all("!" <= letter <= "~" for letter in short):
        raise BadParameter("Missing or invalid multisig name parameter")
    return short
