"""Key-free byte formats: the only part of the signer that the host may import."""
