"""Where the money goes: each output judged by its bytes and by what our keys derive."""

from dataclasses import dataclass
from enum import Enum

from signer.chains.bitcoin import address, ours, script
from signer.chains.bitcoin.coins import Coin
from signer.chains.bitcoin.network import MAX_SHOWN_SCRIPT_BYTES, Network
from signer.chains.bitcoin.ours import Hint, Key
from signer.chains.bitcoin.psbt import Psbt
from signer.chains.bitcoin.script import Kind
from signer.chains.bitcoin.tx import Output
from signer.errors import Reason, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import Path


class Role(Enum):
    """Only what re-derives from the spending account comes back to us (T07)."""

    PAYMENT = "payment"
    CHANGE = "change"
    RECEIVE = "own address"
    DATA = "data"
    UNKNOWN = "unknown script"


@dataclass(frozen=True, slots=True)
class Target:
    """An output as judged. `address` is None for data and unknown scripts, `path` for others'.

    `misclaimed`: the request says it returns to the account that pays, and that is not so.
    """

    output: Output
    role: Role
    address: str | None
    path: Path | None = None
    misclaimed: bool = False


def judge(
    request: Psbt, coins: tuple[Coin, ...], keyring: Keyring, network: Network
) -> tuple[Target, ...]:
    """The outputs of a PSBT that spends these coins of one account, in order. Raises Refused."""
    account = coins[0].key.account
    reach = max(coin.key.path[-1] for coin in coins) + ours.INDEX_GAP
    targets = []
    for index, (output, records) in enumerate(
        zip(request.tx.outputs, request.outputs, strict=True)
    ):
        _check_length(output, f"Output {index + 1}.")
        claimed = ours.claims(keyring, account, records)
        key = _returning(keyring, claimed, reach, output)
        targets.append(_target(output, key, network, claimed))
    return tuple(targets)


def _check_length(output: Output, where: str) -> None:
    # What cannot be read to its end is not shown in part: the rest could say anything (T20).
    if len(output.script_pubkey) > MAX_SHOWN_SCRIPT_BYTES:
        raise Refused(Reason.OUTPUT_TOO_LONG, where)


def _returning(
    keyring: Keyring, claimed: tuple[Hint, ...], reach: int, output: Output
) -> Key | None:
    if len(claimed) != 1 or claimed[0].path[-1] > reach:
        return None
    return ours.returning(keyring, claimed[0], output.script_pubkey)


def _target(output: Output, key: Key | None, network: Network, claimed: tuple[Hint, ...]) -> Target:
    shown = address.render(output.script_pubkey, network)
    if key is not None:
        role = Role.CHANGE if key.path[3] == ours.CHANGE else Role.RECEIVE
        return Target(output, role, shown, key.path)
    match script.kind(output.script_pubkey):
        case Kind.DATA:
            role = Role.DATA
        case Kind.UNKNOWN:
            role = Role.UNKNOWN
        case _:
            role = Role.PAYMENT
    return Target(output, role, shown, misclaimed=bool(claimed))
