"""Proofs of the domain name system (RFC 4034, RFC 9102), checked offline against the root keys."""
