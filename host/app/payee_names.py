"""Names (BIP353) in a payment that is wished for, in their places the addresses they mean today."""

import asyncio
from base64 import b64encode
from dataclasses import replace

from host.errors import BadInput, WalletError
from host.labels import Label
from host.payees.errors import PayeeError
from host.payees.names import SIGN, read_name
from host.payees.payee import read_payee
from host.servers.dns import NameResolver, ProvenName
from host.values import Draft, PaymentRequest, Recipient
from host.wallet import Wallet

MOST_NAMES = 16  # a device verifies no more in one payment


async def looked_up(
    wallet: Wallet, request: PaymentRequest, resolver: NameResolver
) -> PaymentRequest:
    """Each name without a proof, also one that was paid before. Raises BadInput, NetworkError."""
    names = dict.fromkeys(filter(None, map(name_of, request.recipients)))
    if not names:
        return request
    if len(names) > MOST_NAMES:
        raise BadInput(
            f"A payment has {MOST_NAMES} names at most, and this one has {len(names)}. No payment"
            " was created."
        )
    proven = {name: await resolver.resolve(name) for name in names}
    former = await asyncio.to_thread(_paid_before, wallet)
    recipients = (
        _resolved(recipient, proven[name], wallet.network, former.get(name, []))
        if (name := name_of(recipient))
        else recipient
        for recipient in request.recipients
    )
    return replace(request, recipients=tuple(recipients))


def name_of(recipient: Recipient) -> str:
    """The name that is to be looked up; "" for who has none, or a proof of it already."""
    if recipient.proof:
        return ""
    return recipient.name or read_name("".join(recipient.address.split()))


def _resolved(
    recipient: Recipient, proven: ProvenName, network: str, former: list[str]
) -> Recipient:
    try:
        payee = read_payee(proven.link, network)
    except PayeeError as error:
        raise PayeeError(f"{proven.name}: {error.what}", error.advice) from error
    if payee.sats not in {None, recipient.sats}:
        raise BadInput(
            f"{proven.name} asks for another amount than yours. No payment was created. Pay"
            f" {payee.sats} sats, or ask for the address."
        )
    return replace(
        recipient,
        address=payee.address,
        name=proven.name,
        proof=b64encode(proven.proof).decode(),
        expires=proven.expires,
        warning=_change_of(proven.name, payee.address, former),
    )


def _change_of(name: str, address: str, former: list[str]) -> str:
    if not former or address in former:
        return ""
    return (
        f"The address of {name} has changed: you paid it at {former[-1]} before. If its owner did"
        " not say so, ask before you pay."
    )


def _paid_before(wallet: Wallet) -> dict[str, list[str]]:
    """The addresses that payments to each name went to: they have its label."""
    addresses: dict[str, list[str]] = {}
    for label in wallet.store.labels():
        if label.kind == "addr" and label.text.startswith(SIGN):
            addresses.setdefault(label.text.removeprefix(SIGN), []).append(label.ref)
    return addresses


def check_proofs(draft: Draft, time: int) -> None:
    """Raises WalletError when the proof of a name has run out since the payment was made up."""
    for recipient in draft.recipients:
        if recipient.expires and recipient.expires < time:
            further = (
                "Raise the fee once more, and the device shows the address alone."
                if draft.replaces
                else "Pay again, and it is looked up anew."
            )
            raise WalletError(
                f"The proof of {recipient.name} has run out: it may mean another address by now."
                f" Nothing was paid. {further}"
            )


def remember(wallet: Wallet, draft: Draft) -> None:
    """Write each name to the address it meant, where nothing is written yet."""
    labelled = {label.ref for label in wallet.store.labels() if label.kind == "addr"}
    wallet.store.keep_labels(
        Label("addr", recipient.address, f"{SIGN}{recipient.name}")
        for recipient in draft.recipients
        if recipient.name and recipient.address not in labelled
    )
