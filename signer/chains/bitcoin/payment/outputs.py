"""Where the money goes: each output classified by its bytes and by what our accounts derive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from signer.chains.bitcoin.accounts.account import (
    CHANGE,
    INDEX_GAP,
    LAST_USUAL_INDEX,
    Account,
    AccountIndex,
)
from signer.chains.bitcoin.network import MAX_SHOWN_SCRIPT_BYTES, Network
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
    """Only what re-derives from an account of ours is ours (T07): one that pays, or another."""

    PAYMENT = "payment"
    CHANGE = "change"
    RECEIVE = "own address"
    OTHER_ACCOUNT = "another account of ours"
    DATA = "data"
    UNKNOWN = "unknown script"


RETURNING = (OutputRole.CHANGE, OutputRole.RECEIVE)  # to an account that pays


@dataclass(frozen=True, slots=True)
class ReviewedOutput:
    """An output as judged. `address` is None for data and unknown scripts.

    `silent` is the silent payment address that the output's script was made of here (BIP352).
    `location` is where in an account of ours it lies. What lies where no wallet looks is a
    PAYMENT with a location. `misclaimed`: the request says it returns to an account that pays,
    and that is not so. `name` is proven to stand for the address; `unknown_name`: one came with a
    proof of a kind that is not known here, and nothing is said of it.
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
    def stays(self) -> bool:
        """Whether it goes to an account of ours, where a wallet looks."""
        return self.role in RETURNING or self.role is OutputRole.OTHER_ACCOUNT


def classify(
    request: Psbt,
    coins: Sequence[SpentInput],
    accounts: Sequence[Account],
    owner: OwnedKeys,
    silent: Mapping[int, str],
) -> tuple[ReviewedOutput, ...]:
    """The outputs of a PSBT that spends these coins of these accounts, in order. Raises Refused.

    `silent` has silent payment addresses by output index.
    """
    reaches = [(account, _reach(coins, account)) for account in accounts]
    pairs = zip(request.tx.outputs, request.outputs, strict=True)
    reviewed = []
    for index, (output, records) in enumerate(pairs):
        _check_length(output, f"Output {index + 1}.")
        target = _target(owner, reaches, output, records)
        reviewed.append(replace(target, silent=silent[index]) if index in silent else target)
    return tuple(reviewed)


def of_strangers(request: Psbt, network: Network) -> tuple[ReviewedOutput, ...]:
    """The outputs as they look to who has no keys: none is known to be change. Raises Refused."""
    for number, output in enumerate(request.tx.outputs, 1):
        _check_length(output, f"Output {number}.")
    return tuple(
        ReviewedOutput(output, _foreign_role(output), address.render(output.script_pubkey, network))
        for output in request.tx.outputs
    )


def _reach(coins: Sequence[SpentInput], account: Account) -> int:
    """How far change may lie in an account, past its coins that prove use (T08)."""
    indexes = [coin.location.index for coin in coins if coin.location.account == account]
    return INDEX_GAP + max([index for index in indexes if index <= LAST_USUAL_INDEX], default=0)


def _target(
    owner: OwnedKeys, reaches: Sequence[tuple[Account, int]], output: TxOutput, records: Map
) -> ReviewedOutput:
    shown_address = address.render(output.script_pubkey, owner.network)
    location, claims = ownership.locate_output(owner, output.script_pubkey, records)
    if location is not None:
        role = _own_role(location, reaches, owner.network)
        return ReviewedOutput(output, role, shown_address, location)
    misclaimed = any(
        claim.names_us and account.holds(claim.key_location)
        for claim in claims
        for account, _ in reaches
    )
    role = _foreign_role(output)
    return ReviewedOutput(output, role, shown_address, misclaimed=misclaimed)


def _own_role(
    location: AccountIndex, reaches: Sequence[tuple[Account, int]], network: Network
) -> OutputRole:
    """What an output of ours is: where no wallet looks, it counts as a payment (T08)."""
    for account, reach in reaches:
        if location.account == account:
            role = OutputRole.CHANGE if location.branch == CHANGE else OutputRole.RECEIVE
            return role if location.is_usual(network, reach) else OutputRole.PAYMENT
    is_usual = location.is_usual(network, INDEX_GAP)
    return OutputRole.OTHER_ACCOUNT if is_usual else OutputRole.PAYMENT


def _foreign_role(output: TxOutput) -> OutputRole:
    match script.script_type(output.script_pubkey):
        case ScriptType.DATA:
            return OutputRole.DATA
        case ScriptType.UNKNOWN:
            return OutputRole.UNKNOWN
        case _:
            return OutputRole.PAYMENT


def _check_length(output: TxOutput, detail: str) -> None:
    # What cannot be read to its end is not shown in part: the rest could say anything (T20).
    if len(output.script_pubkey) > MAX_SHOWN_SCRIPT_BYTES:
        raise Refused(BitcoinReason.OUTPUT_TOO_LONG, detail)
