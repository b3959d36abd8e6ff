"""Names of people (BIP353) looked up in the domain name system, with the proof of what they mean.

Nothing is taken on a resolver's word: every record is checked up to the root's keys (RFC 9102).
"""

from host.servers.dns.names import NameResolver, ProvenName

__all__ = ["NameResolver", "ProvenName"]
