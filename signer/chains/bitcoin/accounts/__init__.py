"""Which coins can be ours: accounts of one key, and registered ones (BIP44 and its kin, BIP388)."""
