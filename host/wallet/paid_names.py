"""Names (BIP353) of a payment, from when it is signed to when a higher fee takes its place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from host.payees import read_payee
from host.payees.names import NameProof
from host.psbt import NAME_PROOF, PsbtMaps
from host.transactions import Transaction
from host.values import Draft, PaymentRecord, PaymentRequest, Recipient
from host.wallet import silent_payments
from signer.formats.silent_address import SilentAddress

_OVER = (
    "The proof of {name} has run out: the device shows the address alone, which is the one that"
    " was paid."
)


def of_draft(draft: Draft, network: str) -> tuple[NameProof, ...]:
    """The names that a draft pays, with their proofs as far as it has them."""
    named = {
        _target(recipient.address, network): recipient
        for recipient in draft.recipients
        if recipient.name
    }
    if not named:
        return ()
    maps = PsbtMaps.parse(draft.psbt)
    silent = silent_payments.silent_outputs(maps)
    names = []
    for index, txout in enumerate(Transaction.parse(maps.unsigned_tx).outputs):
        if recipient := named.get(silent.get(index, txout.script_pubkey)):
            proof = maps.outputs[index].get(NAME_PROOF, b"")[1 + len(recipient.name) :]
            names.append(NameProof(index, recipient.name, proof, recipient.expires))
    return tuple(names)


def _target(address: str, network: str) -> SilentAddress | bytes:
    payee = read_payee(address, network)
    return payee.silent or payee.script_pubkey


@dataclass(frozen=True, slots=True)
class PaidNames:
    """The names of a payment whose fee is raised at `time`, in seconds since 1970."""

    record: PaymentRecord
    names: tuple[NameProof, ...]
    time: int

    @property
    def by_script(self) -> dict[bytes, NameProof]:
        """Silent addresses have the script that this payment gave them."""
        outputs = Transaction.parse(self.record.payment.raw_tx).outputs
        return {outputs[name.index].script_pubkey: name for name in self.names}

    @property
    def proofs(self) -> dict[bytes, bytes]:
        """What a PSBT says of those that are still proven, by script."""
        return {
            script: name.record
            for script, name in self.by_script.items()
            if _is_valid(name, self.time)
        }

    def request(
        self, silent: Mapping[bytes, SilentAddress], network: str, sats_per_vbyte: float
    ) -> PaymentRequest | None:
        """Whom the payment pays, with their names; None when none has one.

        `silent` are the scripts in it that pay a silent address, and whose they are.
        """
        if not self.names:
            return None
        outputs, by_script = Transaction.parse(self.record.payment.raw_tx).outputs, self.by_script
        recipients = []
        for address in self.record.recipient.split():
            target = _target(address, network)
            paid = [
                txout
                for txout in outputs
                if silent.get(txout.script_pubkey, txout.script_pubkey) == target
            ]
            recipient = Recipient(address, sum(txout.sats for txout in paid))
            named = (by_script.get(txout.script_pubkey) for txout in paid)
            name = next(filter(None, named), None)
            recipients.append(_named(recipient, name, self.time) if name else recipient)
        return PaymentRequest(tuple(recipients), sats_per_vbyte)


def _named(recipient: Recipient, name: NameProof, time: int) -> Recipient:
    valid = _is_valid(name, time)
    return replace(
        recipient,
        name=name.name,
        expires=name.expires if valid else 0,
        warning="" if valid else _OVER.format(name=name.name),
    )


def _is_valid(name: NameProof, time: int) -> bool:
    return bool(name.proof) and time <= name.expires
