"""Whom to pay and how much, as people paste and type it: one reading for every face."""

from host.payees.amounts import read_amount, read_blocks, read_fee, read_rate
from host.payees.errors import AmountError, PayeeError, SecretPasted
from host.payees.payee import Payee, read_payee

__all__ = [
    "AmountError",
    "Payee",
    "PayeeError",
    "SecretPasted",
    "read_amount",
    "read_blocks",
    "read_fee",
    "read_payee",
    "read_rate",
]
