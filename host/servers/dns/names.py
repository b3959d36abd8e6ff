"""What a name means for payments: one link, proven by the signatures of the zones above it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from host.config import Clock, wall_clock
from host.payees import uri
from host.payees.errors import PayeeError
from host.servers.dns.client import PATIENCE_S, DnsClient, route, silent
from host.servers.dns.proofs import ASK_OWNER, ProofCollector
from signer.dnssec import chain, wire
from signer.dnssec.chain import ROOT_ANCHORS, ProvenTexts, Verdict
from signer.errors import Malformed


@dataclass(frozen=True, slots=True)
class ProvenName:
    """A name, the payment link that it stands for, and the proof for the device (RFC 9102).

    `expires` is when the first signature of the proof runs out, in seconds since 1970.
    """

    name: str
    link: str
    proof: bytes = field(repr=False)
    expires: int


@dataclass(frozen=True, slots=True)
class NameResolver:
    """Asks one resolver: `dns` is HOST or HOST:PORT, "" the system's own; `proxy` a SOCKS5 one.

    The resolver learns which names are paid, and from where. `anchors` are the DS records of the
    root's keys.
    """

    dns: str = ""
    proxy: str = ""
    clock: Clock = wall_clock
    anchors: Sequence[bytes] = ROOT_ANCHORS

    async def resolve(self, name: str) -> ProvenName:
        """What user@domain means. Raises PayeeError: nothing, or nothing proven; NetworkError."""
        resolver = route(self.dns, self.proxy)
        client = DnsClient(resolver)
        try:
            record = record_name(name)
            async with asyncio.timeout(resolver.dialer.patience(PATIENCE_S)):
                proof = await ProofCollector(client, self.clock()).collect(record)
        except TimeoutError as error:
            raise silent(resolver) from error
        finally:
            client.close()
        proven = await asyncio.to_thread(self._prove, proof, record)
        return ProvenName(name, _link(proven.texts), proof, proven.end)

    def _prove(self, proof: bytes, record: wire.Name) -> ProvenTexts:
        try:
            proven = chain.prove(proof, record, self.anchors)
        except Malformed as error:
            raise PayeeError(
                f"The proof of this name cannot be used: {error}", ASK_OWNER
            ) from error
        if proven is Verdict.UNKNOWN:
            raise PayeeError("The name is signed in a way that is not checked here.", ASK_OWNER)
        if not isinstance(proven, ProvenTexts):
            raise PayeeError(
                "What the resolver says of this name is not signed as it must be: somebody may be"
                " lying about whom it means.",
                "Try another resolver with --dns HOST, or ask for the address.",
            )
        if not proven.start <= self.clock() <= proven.end:
            raise PayeeError("The signatures of this name have run out.", ASK_OWNER)
        return proven


def record_name(name: str) -> wire.Name:
    """Where the record of user@domain is (BIP353, Records). Raises PayeeError."""
    user, _, domain = name.partition("@")
    try:
        return wire.name(f"{user}.user._bitcoin-payment.{domain}")
    except (Malformed, UnicodeError) as error:
        raise PayeeError("This name is longer than a name can be.", ASK_OWNER) from error


def _link(texts: Sequence[bytes]) -> str:
    """BIP353, Resolution: exactly one of the texts begins as a payment link."""
    links = [text for text in texts if uri.is_link(text.decode("latin-1"))]
    if not links:
        raise PayeeError("The name is there, and says nothing about payments.", ASK_OWNER)
    if len(links) > 1:
        raise PayeeError("The name says two ways to be paid, and only one may be.", ASK_OWNER)
    try:
        return links[0].decode("ascii")
    except UnicodeDecodeError as error:
        raise PayeeError("What the name stands for cannot be read.", ASK_OWNER) from error
