"""What a lying wallet does to a payment between its own screen and the device. No I/O.

Each lie is one change to the PSBT that the wallet's screen is about (BIP174), to the network it is
given for, or to the device's answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from host.demo.auto import PAID_SATS, RECIPIENT
from host.payees.addresses import read_address
from host.psbt import PARTIAL_SIG, UNSIGNED_TX, PsbtMaps
from host.session.api import Lie
from host.transactions import Transaction, TxOut
from host.values import Draft

NETWORK = "regtest"
THIEF = "bcrt1q3hff4hvejtmsqm6dpatmm8jx34kdxgqju6s57d"
# Begins with bcrt1qw508 and ends with t080, as RECIPIENT does. Which 20 bytes give such a checksum
# is a system of equations: it costs a thief no time.
LOOKALIKE = "bcrt1qw508v8v4unjl4vu3nr7h24xluzzgjxeqtet080"
STOLEN_FEE_SATS = 1_000_000
Change = Callable[[TxOut], TxOut]


@dataclass(frozen=True, slots=True)
class Trick:
    """How a lie is done. `evidence` is on the device's screen, and not on the wallet's.

    `payment` and `answer` change the PSBT on its way to the device and back. `evidence` is without
    spaces, and "" where the device, or the wallet, refuses by itself.
    """

    lie: Lie
    stake: Callable[[Draft], int]
    payment: Callable[[Draft], bytes] = lambda draft: draft.psbt
    answer: Callable[[bytes], bytes] = lambda signed: signed
    network: str = NETWORK
    evidence: Callable[[Draft], str] = lambda _: ""


def _script(address: str) -> bytes:
    return read_address(address, NETWORK).script_pubkey


def _paying(address: str) -> Callable[[Draft], bytes]:
    """The payment, to somebody else."""

    def change(out: TxOut) -> TxOut:
        is_theirs = out.script_pubkey == _script(RECIPIENT)
        return replace(out, script_pubkey=_script(address)) if is_theirs else out

    return lambda draft: _with_outputs(draft.psbt, change)


def _with_higher_fee(draft: Draft) -> bytes:
    def change(out: TxOut) -> TxOut:
        is_theirs = out.script_pubkey == _script(RECIPIENT)
        return out if is_theirs else replace(out, sats=out.sats - STOLEN_FEE_SATS)

    return _with_outputs(draft.psbt, change)


def _with_stolen_change(draft: Draft) -> bytes:
    """The record that names it as ours stays: the device derives that address itself."""

    def change(out: TxOut) -> TxOut:
        is_theirs = out.script_pubkey == _script(RECIPIENT)
        return out if is_theirs else replace(out, script_pubkey=_script(THIEF))

    return _with_outputs(draft.psbt, change)


def _with_outputs(psbt: bytes, change: Change) -> bytes:
    maps = PsbtMaps.parse(psbt)
    unsigned = Transaction.parse(maps.unsigned_tx)
    changed = replace(unsigned, outputs=tuple(map(change, unsigned.outputs)))
    return replace(maps, top=maps.top | {UNSIGNED_TX: changed.encode()}).encode()


def _spoiled(signed: bytes) -> bytes:
    """With one bit of each signature turned."""
    maps = PsbtMaps.parse(signed)
    inputs = tuple(
        {key: _turned(value) if key[0] == PARTIAL_SIG else value for key, value in records.items()}
        for records in maps.inputs
    )
    return replace(maps, inputs=inputs).encode()


def _turned(signature: bytes) -> bytes:
    middle = len(signature) // 2
    return signature[:middle] + bytes([signature[middle] ^ 1]) + signature[middle + 1 :]


TRICKS = (
    Trick(
        Lie("address", "Swapped address", "A program on this computer pays somebody else."),
        stake=lambda _: PAID_SATS,
        payment=_paying(THIEF),
        evidence=lambda _: THIEF,
    ),
    Trick(
        Lie("fee", "Stolen by the fee", "A miner's friend takes a million sats of your change."),
        stake=lambda _: STOLEN_FEE_SATS,
        payment=_with_higher_fee,
        evidence=lambda draft: str(draft.fee_sats + STOLEN_FEE_SATS),
    ),
    Trick(
        Lie("change", "Stolen change", "What comes back to you comes back to somebody else."),
        stake=lambda draft: draft.change_sats,
        payment=_with_stolen_change,
        evidence=lambda _: THIEF,
    ),
    Trick(
        Lie("network", "Real coins", "What is called play money is to be signed for mainnet."),
        stake=lambda draft: draft.sats + draft.fee_sats,
        network="mainnet",
    ),
    Trick(
        Lie(
            "poisoned",
            "Poisoned address",
            "An address from your history that begins and ends like the right one.",
        ),
        stake=lambda _: PAID_SATS,
        payment=_paying(LOOKALIKE),
        evidence=lambda _: LOOKALIKE,
    ),
    Trick(
        Lie("device", "Defective device", "The device's answer has a bit that is wrong."),
        stake=lambda draft: draft.sats,
        answer=_spoiled,
    ),
)
