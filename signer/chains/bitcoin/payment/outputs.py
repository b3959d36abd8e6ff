"""Where the money goes: each output classified by its bytes and by what our accounts derive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from signer.chains.bitcoin.accounts.account import CHANGE, INDEX_GAP, Account, AccountIndex
from signer.chains.bitcoin.network import MAX_SHOWN_SCRIPT_BYTES
from signer.chains.bitcoin.payment import ownership
from signer.chains.bitcoin.payment.inputs import SpentInput
from signer.chains.bitcoin.payment.ownership import OwnedKeys
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address, script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import Refused


@dataclass(frozen=True, slots=True)
class PayeeName:
    """A name that stood for an address from `start` to `end` (Unix seconds), proven (BIP353)."""

    text: str
    start: int
    end: int


class OutputRole(Enum):
    """Only what re-derives from the spending account comes back to us (T07)."""

    PAYMENT = "payment"
    CHANGE = "change"
    RECEIVE = "own address"
    DATA = "data"
    UNKNOWN = "unknown script"


@dataclass(frozen=True, slots=True)
class ReviewedOutput:
    """An output as judged. `address` is None for data and unknown scripts.

    `silent` is the silent payment address that the output's script was made of here (BIP352).
    `location` is where in the spending account it lies. What lies where no wallet looks is a
    PAYMENT with a location. `misclaimed`: the request says it returns to that account, and that
    is not so. `name` is proven to stand for the address; `unknown_name`: one came with a proof of a
    kind that is not known here, and nothing is said of it.
    """

    output: TxOutput
    role: OutputRole
    address: str | None
    location: AccountIndex | None = None
    misclaimed: bool = False
    silent: str | None = None
    name: PayeeName | None = None
    unknown_name: bool = False

    @property
    def returns(self) -> bool:
        return self.role in (OutputRole.CHANGE, OutputRole.RECEIVE)


def classify(
    request: Psbt, coins: Sequence[SpentInput], owner: OwnedKeys, silent: Mapping[int, str]
) -> tuple[ReviewedOutput, ...]:
    """The outputs of a PSBT that spends these coins of one account, in order. Raises Refused.

    `silent` has silent payment addresses by output index.
    """
    account = coins[0].location.account
    reach = max(coin.location.index for coin in coins) + INDEX_GAP
    pairs = zip(request.tx.outputs, request.outputs, strict=True)
    reviewed = []
    for index, (output, records) in enumerate(pairs):
        _check_length(output, f"Output {index + 1}.")
        target = _target(owner, account, reach, output, records)
        reviewed.append(replace(target, silent=silent[index]) if index in silent else target)
    return tuple(reviewed)


def _target(
    owner: OwnedKeys, account: Account, reach: int, output: TxOutput, records: Map
) -> ReviewedOutput:
    shown_address = address.render(output.script_pubkey, owner.network)
    claimed = ownership.claimed_derivations(owner, account, records)
    location = ownership.detect_change(owner, account, claimed, output.script_pubkey)
    if location is not None and location.is_usual(owner.network, reach):
        role = OutputRole.CHANGE if location.branch == CHANGE else OutputRole.RECEIVE
        return ReviewedOutput(output, role, shown_address, location)
    match script.script_type(output.script_pubkey):
        case ScriptType.DATA:
            role = OutputRole.DATA
        case ScriptType.UNKNOWN:
            role = OutputRole.UNKNOWN
        case _:
            role = OutputRole.PAYMENT
    return ReviewedOutput(
        output, role, shown_address, location, misclaimed=bool(claimed) and location is None
    )


def _check_length(output: TxOutput, detail: str) -> None:
    # What cannot be read to its end is not shown in part: the rest could say anything (T20).
    if len(output.script_pubkey) > MAX_SHOWN_SCRIPT_BYTES:
        raise Refused(BitcoinReason.OUTPUT_TOO_LONG, detail)
