"""Whose keys a wallet has, and whose signatures a payment of it has (BIP174, BIP371, BIP388)."""

import re
from dataclasses import dataclass

from host import psbt
from host.config import HARDENED
from host.psbt import Map, PsbtMaps
from host.values import Signatures
from host.wallet import spending_path
from host.wallet.spending_path import Signers
from signer.formats import base58
from signer.formats.payload.keys import EXTENDED
from signer.formats.payload.values import AccountDescription
from signer.hashes import hash160

_MULTISIG = re.compile(r"(?:sh\(wsh\(|wsh\(|sh\()(?:sorted)?multi\((\d+),[^()]*\)+")


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """One key: a master fingerprint (8 hex digits), the path from there, an xpub or tpub."""

    fingerprint: str
    path: tuple[int, ...]
    xpub: str

    @classmethod
    def parse(cls, text: str) -> "CosignerKey":
        """Of `[fingerprint/path]xpub`; a key without what is in brackets is its own origin."""
        match = EXTENDED.fullmatch(text)
        if match is None:
            raise ValueError(text)
        if not match["fingerprint"]:
            public_key = base58.decode_check(match["key"])[45:]
            return cls(hash160(public_key)[:4].hex(), (), match["key"])
        steps = match["path"].split("/")[1:]
        path = tuple(int(step.rstrip("h")) + HARDENED * step.endswith("h") for step in steps)
        return cls(match["fingerprint"], path, match["key"])

    @property
    def origin(self) -> bytes:
        """As the records of a PSBT begin (BIP174, PSBT_IN_BIP32_DERIVATION)."""
        steps = (step.to_bytes(4, "little") for step in self.path)
        return bytes.fromhex(self.fingerprint) + b"".join(steps)


def keys_of(description: AccountDescription) -> tuple[CosignerKey, ...]:
    """The keys of a wallet, in its order."""
    return tuple(map(CosignerKey.parse, description.keys))


def signatures(
    description: AccountDescription, collected: PsbtMaps, signers: Signers | None = None
) -> Signatures:
    """Which keys have signed every coin of a payment, and how many more have to.

    `signers` are those of the spending path that was chosen.
    """
    keys = keys_of(description)
    places = [_places(keys, records) for records in collected.inputs]
    signed = tuple(sorted(frozenset.intersection(*places)))
    multisig = _MULTISIG.fullmatch(description.template)
    missing = max(int(multisig[1]) - len(signed), 0) if multisig else None
    if signers is not None:
        missing = spending_path.missing(signers, [keys[place].fingerprint for place in signed])
    return Signatures(tuple(key.fingerprint for key in keys), signed, missing)


def _places(keys: tuple[CosignerKey, ...], records: Map) -> frozenset[int]:
    """Who has signed one coin."""
    origins = [psbt.signer(records, name) for name in records if psbt.is_signature(name)]
    return frozenset(
        place
        for place, key in enumerate(keys)
        if any(origin.startswith(key.origin) for origin in origins)
    )
