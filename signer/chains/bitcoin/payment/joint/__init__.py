"""MuSig2 in payments (BIP327, BIP373): asked only where a signing task has a partial signer."""
