"""Arithmetic: bytes and values in, bytes and values out. No I/O, clock, randomness or logging."""
