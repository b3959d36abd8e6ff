"""Which addresses were given to somebody, what came of each, and whether an address is ours."""

from collections import Counter

import bdkpython as bdk

from host.values import GivenAddress, OwnAddress
from host.wallet.account import Account
from host.wallet.bdk_adapter import EXTERNAL, INTERNAL

SEARCHED = 1_000  # addresses of each branch behind the last one that was given or used


def ledger(account: Account) -> tuple[GivenAddress, ...]:
    """Every receive address that was given to somebody or paid to, newest first."""
    records = account.store.given_addresses()
    labels = {label.ref: label.text for label in account.store.labels() if label.kind == "addr"}
    sats, payments = Counter[int](), Counter[int]()
    for output in account.engine.list_output():
        if output.keychain is EXTERNAL:
            sats[output.derivation_index] += output.txout.value.to_sat()
            payments[output.derivation_index] += 1
    rows = []
    for index in sorted({*records, *sats}, reverse=True):
        receive = account.address_at(index)
        issued, verified = records.get(index, (None, False))
        label = labels.get(receive.address, "")
        rows.append(GivenAddress(receive, issued, verified, label, sats[index], payments[index]))
    return tuple(rows)


def find(account: Account, script_pubkey: bytes, address: str) -> OwnAddress | None:
    """Where an address of this wallet comes from; None for one that is not its own.

    Looked for among those that were given or used, and a thousand of each branch behind them.
    """
    derivation = account.engine.derivation_of_spk(bdk.Script(script_pubkey))
    if derivation is not None:
        return _own(account, derivation.keychain, derivation.index, address)
    for keychain, revealed in zip((EXTERNAL, INTERNAL), account.revealed(), strict=True):
        for index in range(revealed, revealed + SEARCHED):
            if str(account.engine.peek_address(keychain, index).address) == address:
                return _own(account, keychain, index, address)
    return None


def _own(account: Account, keychain: "bdk.KeychainKind", index: int, address: str) -> OwnAddress:
    is_change = keychain is INTERNAL
    outputs = (
        output
        for output in account.engine.list_output()
        if output.keychain is keychain and output.derivation_index == index
    )
    is_used = any(outputs)
    is_issued = not is_change and index in account.store.given_addresses()
    path = (*account.pairing.path, int(is_change), index)
    return OwnAddress(address, is_change, index, path, is_used, is_issued)
