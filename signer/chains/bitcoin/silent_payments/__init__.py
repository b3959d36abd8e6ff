"""Silent payments (BIP352, BIP375): scripts that pay the address a person reads."""
