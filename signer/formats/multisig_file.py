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

from signer.errors import Malformed
from signer.formats import base58

LONGEST = 8 * 1024
MOST_COSIGNERS = 15
_XPUB, _TPUB = bytes.fromhex("0488b21e"), bytes.fromhex("043587cf")  # BIP32
# SLIP132: letters that tell of a script beside the network. Here the format says it.
_VERSIONS = {
    _XPUB: _XPUB,
    bytes.fromhex("0295b43f"): _XPUB,  # Ypub
    bytes.fromhex("02aa7ed3"): _XPUB,  # Zpub
    _TPUB: _TPUB,
    bytes.fromhex("024289ef"): _TPUB,  # Upub
    bytes.fromhex("02575483"): _TPUB,  # Vpub
}
_FORMATS = {
    "P2SH": "sh(multi(k))",
    "P2WSH": "wsh(multi(k))",
    "P2SH-P2WSH": "sh(wsh(multi(k)))",
    "P2WSH-P2SH": "sh(wsh(multi(k)))",
}
_SORTED = {"true": True, "false": False}
_FIELDS = {"name", "policy", "format", "sorted", "blindingkey"}
_REQUIRED = {"name", "policy", "format"}
_POLICY = re.compile(r"([0-9]{1,2})\s+of\s+([0-9]{1,2})", re.IGNORECASE | re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-fA-F]{8}", re.ASCII)
_DERIVATION = re.compile(r"m(?:/(?:0|[1-9][0-9]{0,9})[hH']?){0,16}", re.ASCII)
_BROKEN = "Invalid multisig file"
_INCOMPLETE = "Insufficient information records"


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One key: a master fingerprint, the path from there (`m/48h/1h/0h/2h`), an xpub or tpub."""

    fingerprint: bytes
    derivation: str
    xpub: str


@dataclass(frozen=True, slots=True)
class MultisigFile:
    """`script` is "sh(multi(k))", "wsh(multi(k))" or "sh(wsh(multi(k)))"."""

    name: str
    script: str
    is_sorted: bool
    threshold: int
    cosigners: tuple[Cosigner, ...]

    @property
    def is_mainnet(self) -> bool:
        """Whether its keys are for real coins; a file tells no more about its network."""
        return self.cosigners[0].xpub.startswith("xpub")


@dataclass(slots=True)
class _Records:
    """What the lines have said so far. A derivation holds for all keys that follow it."""

    fields: dict[str, str] = field(default_factory=dict)
    derivation: str | None = None
    cosigners: list[Cosigner] = field(default_factory=list)


def parse(text: str) -> MultisigFile:
    """What a file says. Raises Malformed, with sentences that begin as Jade's do."""
    records = _Records()
    for key, value in _lines(text):
        _add(records, key, value)
    if records.derivation is None or _REQUIRED - records.fields.keys():
        raise Malformed(_INCOMPLETE)
    threshold, count = _policy(records.fields["policy"])
    if len(records.cosigners) != count:
        raise Malformed("Invalid number of signers")
    if len({cosigner.xpub[:4] for cosigner in records.cosigners}) != 1:
        raise Malformed(f"{_BROKEN}. Its keys belong to different networks.")
    script = _FORMATS.get(records.fields["format"].upper())
    if script is None:
        raise Malformed("Invalid multisig format")
    is_sorted = _SORTED.get(records.fields.get("sorted", "true").lower())
    if is_sorted is None:
        raise Malformed("Invalid sorted flag")
    name = records.fields["name"]
    return MultisigFile(name, script, is_sorted, threshold, tuple(records.cosigners))


def render(file: MultisigFile) -> str:
    """The text of a file."""
    formats = {script: name for name, script in reversed(_FORMATS.items())}
    lines = [
        "# Exported by Quietkey",
        f"Name: {file.name}",
        f"Policy: {file.threshold} of {len(file.cosigners)}",
        f"Format: {formats[file.script]}",
        f"Sorted: {file.is_sorted}",
    ]
    for cosigner in file.cosigners:
        lines.append(f"Derivation: {cosigner.derivation.replace('h', chr(39))}")
        lines.append(f"{cosigner.fingerprint.hex()}: {cosigner.xpub}")
    return "\n".join(lines) + "\n"


def _lines(text: str) -> Iterator[tuple[str, str]]:
    if not text.isascii() or len(text) > LONGEST:
        raise Malformed(_BROKEN)
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not colon:
            raise Malformed(_BROKEN)
        yield key.strip(), value.strip()


def _add(records: _Records, key: str, value: str) -> None:
    name = key.lower()
    if name == "derivation":
        records.derivation = _derivation(value)
    elif name in _FIELDS and name not in records.fields:
        records.fields[name] = value
        if name == "blindingkey":
            _check_blinding_key(value)
    elif _FINGERPRINT.fullmatch(key) and len(records.cosigners) < MOST_COSIGNERS:
        if records.derivation is None:
            raise Malformed(_INCOMPLETE)
        xpub = _plain(value)
        records.cosigners.append(Cosigner(bytes.fromhex(key), records.derivation, xpub))
    else:
        raise Malformed(_BROKEN)


def _plain(xpub: str) -> str:
    """The key with ordinary letters in front."""
    try:
        raw = base58.decode_check(xpub)
        version = _VERSIONS[raw[:4]]
    except (Malformed, KeyError):
        sentence = "Failed to validate co-signers. This is no extended public key."
        raise Malformed(sentence) from None
    return base58.encode_check(version + raw[4:])


def _check_blinding_key(value: str) -> None:
    """A key for another network's amounts: it has no use here, and a wrong one is told."""
    try:
        size = len(bytes.fromhex(value))
    except ValueError:
        size = 0
    if size != 32:
        raise Malformed("Invalid blinding key")


def _derivation(text: str) -> str:
    if not _DERIVATION.fullmatch(text):
        raise Malformed("Invalid derivation path")
    return text.replace("'", "h").replace("H", "h")


def _policy(text: str) -> tuple[int, int]:
    policy = _POLICY.fullmatch(text)
    threshold, count = (int(policy[1]), int(policy[2])) if policy else (0, 0)
    if not 1 <= threshold <= count <= MOST_COSIGNERS:
        raise Malformed("Invalid multisig policy")
    return threshold, count
