"""Screen to pixels: the same pixels on every machine, byte for byte."""
