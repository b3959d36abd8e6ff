"""Names of recipients (BIP353): shown where the name system's own signatures prove them (T94).

The host makes the proof's choice of records and writes the name. A name that is shown stands above
the address, and people read it instead: it must be one that the proof is about, in letters that
look like no others, and the address of its record must be the very one that is paid.
"""

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_lowercase, digits

from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.payment.outputs import PayeeName, ReviewedOutput
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.dnssec import chain, wire
from signer.dnssec.chain import Verdict
from signer.errors import CommonReason, Malformed, Refused
from signer.formats.silent_address import PREFIXES

MAX_NAMES = 16  # in one payment; a proof takes some 20 ms, and a false one ten times that (T75)
_SCHEME = b"bitcoin:"
# Letters, digits and hyphens, and the underscore that BIP353's own examples have. A wildcard's star
# or a letter of another alphabet could pass for what it is not (T32).
_DOMAIN_LETTERS = frozenset(ascii_lowercase + digits + "-_.")
_USER_LETTERS = _DOMAIN_LETTERS | {"+"}


def named(
    request: Psbt, outputs: tuple[ReviewedOutput, ...], network: Network
) -> tuple[ReviewedOutput, ...]:
    """The outputs with their names, as far as the request has proofs of them.

    Raises Refused for a proof that does not hold or is of another address, Malformed for bytes that
    are none.
    """
    proofs = [records.get(fields.OUT_DNSSEC_PROOF) for records in request.outputs]
    if sum(proof is not None for proof in proofs) > MAX_NAMES:
        raise Refused(CommonReason.TOO_LARGE)
    return tuple(
        target if proof is None else _named(target, proof, network, f"Output {number}.")
        for number, (target, proof) in enumerate(zip(outputs, proofs, strict=True), 1)
    )


def _named(target: ReviewedOutput, value: bytes, network: Network, detail: str) -> ReviewedOutput:
    size = value[0]
    # Names do not differ by case, and a capital I looks like a small l: only one of the two is
    # ever shown.
    text = value[1 : 1 + size].decode("latin-1").lower()
    proven = chain.prove(value[1 + size :], _record_name(text, detail))
    if proven is Verdict.UNKNOWN:
        return replace(target, unknown_name=True)
    if isinstance(proven, Verdict):
        raise Refused(BitcoinReason.DNSSEC_PROOF_INVALID, detail)
    uris = [text for text in proven.texts if text[: len(_SCHEME)].lower() == _SCHEME]
    # Of two, this device and the wallet could each take another (BIP353, Resolution).
    if len(uris) != 1 or not _pays(uris[0], target, network):
        raise Refused(BitcoinReason.DNSSEC_PROOF_INVALID, detail)
    return replace(target, name=PayeeName(text, proven.start, proven.end))


def _record_name(text: str, detail: str) -> wire.Name:
    """Where the record of user@domain is (BIP353, Records)."""
    user, _, domain = text.partition("@")
    if not (set(user) <= _USER_LETTERS and set(domain) <= _DOMAIN_LETTERS):
        raise Refused(BitcoinReason.DNSSEC_PROOF_INVALID, detail)
    try:
        return wire.name(f"{user}.user._bitcoin-payment.{domain}")
    except Malformed:
        raise Refused(BitcoinReason.DNSSEC_PROOF_INVALID, detail) from None


def _pays(uri: bytes, target: ReviewedOutput, network: Network) -> bool:
    """Whether a URI (BIP21, BIP321) has the address that this output pays."""
    body, _, query = uri[len(_SCHEME) :].decode("latin-1").partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    # What is required and not known here may change what the address means.
    if any(key.lower().startswith("req-") for key, _, _ in pairs):
        return False
    if target.silent is not None:
        return any(_same(text, target.silent) for text in _values(pairs, PREFIXES[network.name]))
    return target.address is not None and any(
        _same(text, target.address) for text in (body, *_values(pairs, network.hrp))
    )


def _values(pairs: list[tuple[str, str, str]], prefix: str) -> Iterator[str]:
    """What the query holds of addresses that start with this prefix (BIP321, Query Keys)."""
    return (value for key, _, value in pairs if key.lower() == prefix)


def _same(text: str, address: str) -> bool:
    """Whether a text is the address, in its own letters or all in capitals (BIP173)."""
    return text == address or (text.isupper() and text.lower() == address)
