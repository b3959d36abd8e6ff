"""What Bitcoin Core's script engine says (py-bitcoinkernel): whether a signature opens a coin."""

from tests.kernel import verdicts

__all__ = ("verdicts",)
