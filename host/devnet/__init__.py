"""A Bitcoin regtest network in a process: real blocks, real validation, real P2P on loopback."""
