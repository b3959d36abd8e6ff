"""What is wrong with a text, in two halves: a field shows them, and a payment says both."""

from collections.abc import Iterator
from contextlib import contextmanager

from host.errors import BadInput


class _Unreadable(BadInput):
    """`what` is wrong and `advice` how to go on: whole sentences, the second may be empty."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(f"{what} No payment was created. {advice}".rstrip())
        self.what = what
        self.advice = advice

    @property
    def hint(self) -> str:
        return f"{self.what} {self.advice}".rstrip()


class PayeeError(_Unreadable):
    """Nobody can be paid by this text."""


class SecretPasted(PayeeError):
    """A key or a seed was pasted. No part of it is in the error."""


class AmountError(_Unreadable):
    """No amount, or one that can be read in two ways."""


@contextmanager
def read_alone() -> Iterator[None]:
    """Where no payment was meant, none is spoken of. Raises BadInput in the place of the others."""
    try:
        yield
    except _Unreadable as error:
        raise BadInput(error.hint) from error
