"""The chain's example: a payment that the public seed signs, and the signed payment (BIP174)."""

from base64 import b64decode

from signer.chains import ChainExample
from signer.keys.path import parse

# 100 000 regtest sats at m/84h/1h/0h/0/5: 25 000 to somebody, 141 of fee, the rest to change.
_UNSIGNED = (
    "cHNidP8BAHECAAAAASPmIZ76dmFQ/EXQooq1vz8c+fUQSLdsPOoAT6QO20TAAQAAAAD9////AqhhAAAAAAAAFgAU"
    "bQcsIBg/FkyXTK5NB6LDU4/fQgxrJAEAAAAAABYAFGio/d44pNUyX6L5sc3HFnN8wIU3AAAAAAABAHECAAAAAa9V"
    "cPWhgQt694yvS8cKZg8N9R5CuvkdTeWyMo3g6D38AAAAAAD/////AgcAAAAAAAAAFgAUbQcsIBg/FkyXTK5NB6LD"
    "U4/fQgyghgEAAAAAABYAFNDEo+8J6Ze26Z45flGP4+QaEYyhAAAAAAEBH6CGAQAAAAAAFgAU0MSj7wnpl7bpnjl+"
    "UY/j5BoRjKEiBgLnqyU3tdSelwMJquBunknzbOHJ/rvUTsjg0cygtPnDGRhzxdoKVAAAgAEAAIAAAACAAAAAAAAA"
    "AAAAACICA0cSL+VM8Yjx91z44dTBxMI0EoxaGnzm1JSKFXMiMszvGHPF2gpUAACAAQAAgAAAAIABAAAAAwAAAAA="
)
_SIGNED = (
    "cHNidP8BAHECAAAAASPmIZ76dmFQ/EXQooq1vz8c+fUQSLdsPOoAT6QO20TAAQAAAAD9////AqhhAAAAAAAAFgAU"
    "bQcsIBg/FkyXTK5NB6LDU4/fQgxrJAEAAAAAABYAFGio/d44pNUyX6L5sc3HFnN8wIU3AAAAAAABAHECAAAAAa9V"
    "cPWhgQt694yvS8cKZg8N9R5CuvkdTeWyMo3g6D38AAAAAAD/////AgcAAAAAAAAAFgAUbQcsIBg/FkyXTK5NB6LD"
    "U4/fQgyghgEAAAAAABYAFNDEo+8J6Ze26Z45flGP4+QaEYyhAAAAAAEBH6CGAQAAAAAAFgAU0MSj7wnpl7bpnjl+"
    "UY/j5BoRjKEiAgLnqyU3tdSelwMJquBunknzbOHJ/rvUTsjg0cygtPnDGUcwRAIgK8zzS3dKZaEEQa6ROXmtQCw3"
    "w8DXfknX2yZWF7dSQ8YCIFoVZVzx5WrTBDv9+MRWCOSqTwj8qoG/j/2KeuIUgHS4ASIGAuerJTe11J6XAwmq4G6e"
    "SfNs4cn+u9ROyODRzKC0+cMZGHPF2gpUAACAAQAAgAAAAIAAAAAAAAAAAAAAIgIDRxIv5UzxiPH3XPjh1MHEwjQS"
    "jFoafObUlIoVcyIyzO8Yc8XaClQAAIABAACAAAAAgAEAAAADAAAAAA=="
)

EXAMPLE = ChainExample(
    network="regtest",
    path=parse("m/84h/1h/0h/0/0"),
    variant="wpkh",
    address="bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk",
    payload=b64decode(_UNSIGNED),
    signed=b64decode(_SIGNED),
)
