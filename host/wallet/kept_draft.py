"""The one payment of an account that is not finished: written down, signed by turns, discarded."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import bdkpython as bdk

from host import psbt
from host.config import grouped
from host.errors import BadInput, MoreSignatures, WalletError
from host.transactions import Transaction, TxOut
from host.values import Draft, Signatures, SignedPayment
from host.wallet import (
    bdk_adapter,
    cosigners,
    descriptors,
    partial_signatures,
    path_words,
    silent_payments,
    spending_path,
)
from host.wallet.account import Account
from signer.formats.payload.values import AccountDescription
from signer.formats.silent_address import SilentAddress
from signer.formats.words.digest_words import digest_words

SilentScripts = Mapping[bytes, SilentAddress]
NO_SILENT_SCRIPTS: SilentScripts = {}
NO_PROOFS: Mapping[bytes, bytes] = {}
SEVERAL_KEYS = (
    "Silent payment addresses are paid from an account of one device, and this wallet is a"
    " descriptor that was imported. No payment was created. Ask for an ordinary address."
)


class DraftKeeper(Account):
    """An account with at most one draft."""

    @cached_property
    def description(self) -> AccountDescription:
        """Its template and its keys, as BIP388 has them."""
        return descriptors.describe(self.pairing)

    @property
    def is_policy(self) -> bool:
        """Whether it is something else than one standard account of one device."""
        return bool(self.pairing.descriptor)

    @property
    def coin_weight(self) -> int:
        """What signing one coin adds to a transaction at most, in weight units (BIP141)."""
        return bdk_adapter.coin_weight(self.pairing)

    def discard(self, draft: Draft) -> None:
        """Forget a draft; its change address is free for the next one.

        One that others may have, with signatures or without, is given up instead: see `give_up`.
        """
        with self._lock:
            if self._kept(draft).collected:
                unsigned = Transaction.parse(psbt.PsbtMaps.parse(draft.psbt).unsigned_tx)
                payment = SignedPayment(unsigned.encode(), unsigned.name, draft.fee_sats)
                self.store.end_draft(draft, payment, self._clock())
                return
            self._mark_change(draft, self._bdk.unmark_used)
            self.store.drop_draft(draft)

    def hand_on(self, draft: Draft) -> bytes:
        """The PSBT for another signer, with the signatures that are there.

        One of several keys may be signed and sent from elsewhere then: nothing is made beside it
        before it is finished or discarded.
        """
        with self._lock:
            collected = self.collected(draft)
            if self.is_policy:
                self.store.keep_collected(draft, collected)
            return collected

    def collected(self, draft: Draft) -> bytes:
        """The PSBT of a draft with the signatures that are there."""
        return self._kept(draft).collected or draft.psbt

    def signatures(self, draft: Draft) -> Signatures | None:
        """Who has signed it, and who is to; None for the payment of one account of one device."""
        if not self.is_policy or not draft.psbt:
            return None
        kept = self._kept(draft)
        collected = psbt.PsbtMaps.parse(kept.collected or kept.psbt)
        progress = self._progress(draft, collected)
        return replace(progress, handed_on=bool(kept.collected))

    @cached_property
    def fingerprints(self) -> tuple[str, ...]:
        """Those of its keys, in its order."""
        return tuple(key.fingerprint for key in cosigners.keys_of(self.description))

    def _progress(self, draft: Draft, collected: psbt.PsbtMaps) -> Signatures:
        number = draft.request.path if draft.request else 0
        if not number:
            return cosigners.signatures(self.description, collected)
        signers = spending_path.numbered(self._bdk, number).signers
        progress = cosigners.signatures(self.description, collected, signers)
        path = f"Path {number} is signed by {path_words.who(signers, self.fingerprints)}."
        return replace(progress, path=path)

    def _kept(self, draft: Draft) -> Draft:
        kept = self.store.draft()
        return kept if kept is not None and kept.psbt == draft.psbt else draft

    def _check_free(self) -> None:
        """Raises WalletError while others may have a payment that is not finished."""
        draft = self.store.draft()
        if draft is not None and draft.collected:
            raise WalletError(
                f"A payment of {grouped(draft.sats)} sats to {draft.recipient} waits for"
                " signatures, and others may have it. Nothing was made. Have it signed, or discard"
                " it; then pay."
            )

    def _keep(self, draft: Draft) -> Draft:
        """The draft on disk, in the place of an older one.

        Raises WalletError when this wallet would not know its own change again: what it keeps of
        its scripts was changed on the disk.
        """
        if draft.change_sats and not bdk_adapter.change_indices(self._bdk, draft.psbt):
            raise WalletError(bdk_adapter.DAMAGED)
        self._discard_kept()
        self._mark_change(draft, self._bdk.mark_used)
        self._save()
        self.store.keep_draft(draft)
        return draft

    def _as_draft(
        self,
        psbt_draft: "bdk.Psbt",
        address: str,
        sats: int,
        rate: float,
        silent: SilentScripts = NO_SILENT_SCRIPTS,
        proofs: Mapping[bytes, bytes] = NO_PROOFS,
    ) -> Draft:
        """`silent` are the scripts in it that stand for silent addresses, and these addresses.

        `proofs` are those of names (BIP353), by the script that is paid.
        """
        raw = base64.b64decode(psbt_draft.serialize())
        unsigned = psbt.PsbtMaps.parse(raw).unsigned_tx
        paid = sum(output.sats for output in Transaction.parse(unsigned).outputs)
        if silent and self.is_policy:
            raise BadInput(SEVERAL_KEYS)
        raw = silent_payments.mark(psbt.with_names(raw, proofs), silent)
        # The words are those of the transaction, and it is the device that makes it whole.
        words = () if silent else digest_words(unsigned)
        return Draft(raw, address, sats, psbt_draft.fee(), rate, paid - sats, words)

    def _discard_kept(self) -> None:
        if draft := self.store.draft():
            self.discard(draft)

    def _check_enough(self, draft: Draft, signed: psbt.PsbtMaps, spent: Sequence[TxOut]) -> None:
        """Raises MoreSignatures, with the draft kept as it is signed now; WalletError."""
        if not self.is_policy or bdk_adapter.can_finalize(signed):
            return
        partial_signatures.check(signed, spent)
        progress = self._progress(draft, signed)
        if progress.missing == 0 or len(progress.signed) == len(progress.keys):
            return  # enough, and one is not right: finalizing says so
        self.store.keep_collected(draft, signed.encode())
        raise MoreSignatures(
            f"{progress.sentence} Nothing was sent, and the payment is kept.",
            progress.signed,
            len(progress.keys),
            progress.missing,
        )

    def _mark_confirmed(self) -> None:
        for record in self.store.payments():
            txid = record.payment.txid
            if record.status == "given up" and self.confirmations(txid):
                canonical = self._bdk.canonical[txid]
                # Of one that others finished, not all signatures were here.
                self.store.complete(txid, bytes(canonical.transaction.serialize()))
        super()._mark_confirmed()
