"""Payments to silent addresses (BIP352): made up without their scripts, and what came back checked.

The device computes each script with its secrets (BIP375). Here the proofs that it sends along are
verified, and the scripts are computed once more from public data: no code is the device's.
"""

from host.wallet.silent_payments.bumping import silent_scripts
from host.wallet.silent_payments.outputs import mark, placeholder, silent_outputs
from host.wallet.silent_payments.settle import settle

__all__ = ["mark", "placeholder", "settle", "silent_outputs", "silent_scripts"]
