"""An account that pays: drafts, signed payments, and what becomes of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import bdkpython as bdk

from host import consensus, psbt
from host.errors import WalletError
from host.transactions import Transaction, TxOut
from host.values import (
    Draft,
    PaymentRecord,
    PaymentRequest,
    Recipient,
    SignedPayment,
)
from host.wallet import (
    bdk_adapter,
    ended,
    packages,
    paid_names,
    partial_signatures,
    payment_request,
    replacing,
    silent_payments,
    spending_path,
)
from host.wallet.account import ON_THEIR_WAY
from host.wallet.bdk_adapter import outpoint_name, outpoint_text
from host.wallet.coin_choice import CoinChooser
from host.wallet.held_back import Stock
from host.wallet.paid_names import PaidNames
from host.wallet.payment_request import Output


class Wallet(CoinChooser):
    """An account that pays. Any thread may call; some calls take a while."""

    def draft(self, payee_text: str, sats: int, sats_per_vbyte: float) -> Draft:
        """A payment to one recipient, an address or a request; see `draft_request`."""
        return self.draft_request(PaymentRequest.to(payee_text, sats, sats_per_vbyte))

    def draft_request(self, request: PaymentRequest) -> Draft:
        """A payment for the device to sign, kept on disk until it is finished or discarded.

        There is one draft at a time: an older one is discarded. Raises WalletError with the reason
        why it cannot be made; TooFewCoins says how many sats are missing.
        """
        self._check_free()
        if request.child_of:
            return self._draft_child(request)
        outputs = payment_request.outputs(request, self.network)
        builder = payment_request.builder(request, outputs)
        with self._lock:
            stock, funds = self._choice(request)
            builder = self._with_coins(builder, request, outputs, stock)
            psbt_draft = payment_request.built(builder, self._bdk, funds)
            pairs = zip(request.recipients, outputs, strict=True)
            recipients = tuple(  # the proofs are in the PSBT
                replace(recipient, address=paid.address, proof="") for recipient, paid in pairs
            )
            words = self._path(request.path).words if request.path else ""
            request = replace(request, recipients=recipients, path_words=words)
            return self._keep(self._of_request(psbt_draft, request, outputs))

    def _with_coins(
        self,
        builder: "bdk.TxBuilder",
        request: PaymentRequest,
        outputs: Sequence[Output],
        stock: Stock,
    ) -> "bdk.TxBuilder":
        """The builder, told which coins it may spend, and which it has to."""
        if request.coins:
            builder = builder.manually_selected_only()
        elif any(output.sats is None for output in outputs):
            builder = builder.drain_wallet()
        usable = stock.usable.values()
        names = {outpoint_name(output.outpoint): output.outpoint for output in usable}
        addresses = [output.address for output in outputs]
        spent = self._ruling_out(addresses, set(names), all_spent=bool(request.coins))
        unspent = (output.outpoint for output in self._bdk.list_unspent())
        builder = builder.unspendable(
            [outpoint for outpoint in unspent if outpoint_name(outpoint) not in names]
        )
        if spent:
            builder = builder.add_utxos([names[coin] for coin in sorted(spent)])
        return spending_path.chosen(builder, self._bdk, request.path)

    def _of_request(
        self, psbt_draft: "bdk.Psbt", request: PaymentRequest, outputs: Sequence[Output]
    ) -> Draft:
        unsigned = payment_request.unsigned(psbt_draft)
        paid = {output.script_pubkey for output in outputs}
        sats = sum(output.sats for output in unsigned.outputs if output.script_pubkey in paid)
        address = " ".join(dict.fromkeys(output.address for output in outputs))
        rate = request.sats_per_vbyte
        if request.fee_sats is not None:
            rate = round(request.fee_sats / payment_request.vbytes(unsigned, self.coin_weight), 2)
        silent = {output.script_pubkey: output.silent for output in outputs if output.silent}
        proofs = {
            output.script_pubkey: output.name_proof for output in outputs if output.name_proof
        }
        draft = self._as_draft(psbt_draft, address, sats, rate, silent, proofs)
        return replace(draft, request=request)

    def _draft_child(self, request: PaymentRequest) -> Draft:
        parent, rate = request.child_of, request.sats_per_vbyte
        with self._lock:
            coins = {outpoint_text(coin.outpoint): coin for coin in self._coins_of(parent)}
            if request.path:
                packages.check_age(request.path, self._locks(request.path))
                coins = dict(self._on_path(request.path, Stock(coins, {})).usable)
                request = replace(request, path_words=self._path(request.path).words)
            parents = packages.with_parents(self._bdk, parent)
            child = packages.child(
                self._bdk, list(coins.values()), parents, rate, self.coin_weight, request.path
            )
            (output,) = payment_request.unsigned(child).outputs
            address = payment_request.address(output.script_pubkey, self.network)
            request = replace(
                request, recipients=(Recipient(address, None),), fee_sats=int(child.fee())
            )
            paid = (Output(address, output.script_pubkey, None),)
            return self._keep(self._of_request(child, request, paid))

    def _coins_of(self, txid: str) -> "list[bdk.LocalOutput]":
        """What that payment brought here, to be spent before a block has it. Raises WalletError."""
        hidden = {r.payment.txid for r in self.store.payments() if r.status != "sent"}
        frozen = self.store.frozen()
        coins = [
            output
            for output in self._bdk.list_unspent()
            if str(output.outpoint.txid) == txid and outpoint_text(output.outpoint) not in frozen
        ]
        if not coins or txid in hidden:
            raise WalletError(
                f"There is no coin of {txid} to spend: nobody has shown that payment, or its coins"
                " are frozen, spent, or not yours. Nothing was changed."
            )
        return coins

    def draft_bump(self, txid: str, sats_per_vbyte: float) -> Draft:
        """The payment `txid` once more at a higher fee, to be signed; only one can be confirmed.

        Raises WalletError: there is no such payment on its way, or the rate is not higher.
        """
        rate = payment_request.rate(sats_per_vbyte)
        with self._lock:
            self._check_free()
            record = self._on_its_way(txid)
            if replacing.is_calling_off(self._bdk, record.payment.raw_tx):
                return self.draft_call_off(txid, sats_per_vbyte)
            silent = silent_payments.silent_scripts(record, self.network, self._is_own)
            stock, funds = self._stock_for_bump(record)
            kept = [held.coin.outpoint for held in stock.held.values()]
            bumped = replacing.with_higher_fee(self._bdk, txid, rate, kept, funds)
            names = PaidNames(record, self.store.name_proofs(txid), self._clock())
            draft = self._as_draft(
                bumped, record.recipient, record.sats, sats_per_vbyte, silent, names.proofs
            )
            request = names.request(silent, self.network, sats_per_vbyte)
            return self._keep(replace(draft, replaces=txid, request=request))

    def draft_call_off(self, txid: str, sats_per_vbyte: float) -> Draft:
        """The coins of the payment `txid` back to this wallet, at a fee that replaces it.

        Raises WalletError: there is no such payment on its way, or its coins do not pay for it.
        """
        rate = payment_request.rate(sats_per_vbyte)
        with self._lock:
            self._check_free()
            raw_tx = self._on_its_way(txid).payment.raw_tx
            back = replacing.back_to_yourself(self._bdk, raw_tx, rate)
            (output,) = payment_request.unsigned(back).outputs
            address = payment_request.address(output.script_pubkey, self.network)
            draft = self._as_draft(back, address, output.sats, sats_per_vbyte)
            recipients = (Recipient(address, output.sats),)
            request = PaymentRequest(recipients, sats_per_vbyte, calls_off=txid)
            return self._keep(replace(draft, replaces=txid, request=request))

    def waits_until(self, payment: SignedPayment) -> int:
        """The height, or the time in seconds since 1970, before which no block takes it; else 0."""
        lock_time = Transaction.parse(payment.raw_tx).lock_time
        is_height = lock_time < payment_request.FIRST_TIME
        # BIP113 compares with the median time of blocks, which is behind the clock.
        present = self.tip_height if is_height else self._clock()
        return lock_time if lock_time > present else 0

    def waiting(self) -> tuple[PaymentRecord, ...]:
        """Payments on their way, oldest first: in no block, and a block can still take them.

        BDK leaves out what is built on a payment that has ended: a person is to end that, too.
        """
        with self._lock:
            on_their_way = [r for r in self.store.payments() if r.status in ON_THEIR_WAY]
            waiting = bdk_adapter.in_no_block(self._coins, on_their_way)
            if all(self.counts(record.payment.txid) for record in waiting):
                return tuple(waiting)
            impossible = self.conflict_depths()
            return tuple(r for r in waiting if r.payment.txid not in impossible)

    def give_up(self, txid: str) -> None:
        """Send a payment no more that no peer has shown, or that was refused since.

        Its coins are free. Somebody may have it all the same: the next payment spends one of its
        coins, so that only one of the two can be confirmed. Raises WalletError for one that was
        shown and not refused since.
        """
        with self._lock:
            record = self._on_its_way(txid)
            if record.status == "sent" and not record.refusal:
                raise WalletError(
                    "The network has shown this payment: it cannot be given up. Nothing was"
                    " changed. Raise its fee, or call it off."
                )
            self.store.give_up(txid)
            self._forget_ended()
            self._save()

    def finish(self, draft: Draft, signed_psbt: bytes) -> SignedPayment:
        """The payment, ready for the network: signatures taken in, finalized and verified.

        Verified twice, by BDK and by Bitcoin Core's engine, against coins this wallet knows.
        From here on its coins count as spent. Raises WalletError or ScriptsRefused, and then the
        draft is as it was; MoreSignatures when those of other keys are needed, and then it has
        those that came.
        """
        with self._lock:
            own = psbt.PsbtMaps.parse(self.collected(draft))
            spent = self._spent(Transaction.parse(own.unsigned_tx), draft.replaces)
            if self.is_policy:
                signed_psbt = partial_signatures.unfinalized(own, signed_psbt, spent)
            own = silent_payments.settle(own, signed_psbt, spent)
            signed = psbt.merge_signatures(own.encode(), signed_psbt)
            self._check_enough(draft, signed, spent)
            raw_tx = bdk_adapter.finalized(signed)
            transaction = Transaction.parse(raw_tx)
            consensus.verify(raw_tx, spent)
            fee_sats = sum(o.sats for o in spent) - sum(o.sats for o in transaction.outputs)
            if transaction.unsigned().encode() != signed.unsigned_tx:
                raise WalletError("Finalizing changed the payment. Nothing was paid. Try again.")
            payment = SignedPayment(raw_tx, transaction.name, fee_sats)
            names = paid_names.of_draft(draft, self.network)
            self.store.keep_payment(draft, payment, self._clock(), names)
            self._forget_ended()  # what it replaces
            self._remember(payment)
        return payment

    def _is_own(self, script_pubkey: bytes) -> bool:
        return self._bdk.derivation_of_spk(bdk.Script(script_pubkey)) is not None

    def _on_its_way(self, txid: str) -> PaymentRecord:
        """The payment, if another one may take its place. Raises WalletError."""
        record = next((record for record in self.waiting() if record.payment.txid == txid), None)
        if record is None:
            raise WalletError(
                f"No payment {txid} is on its way from this wallet. Nothing was changed. The"
                " history has those that are."
            )
        ours = Transaction.parse(record.payment.raw_tx).txid
        for later in self.waiting():
            if ours in {spent for spent, _ in ended.coins_of(later.payment.raw_tx)}:
                raise WalletError(
                    f"The payment {later.payment.txid} spends its change and would be lost."
                    " Nothing was changed. Raise the fee of that one, or call it off first."
                )
        return record

    def _ruling_out(
        self, addresses: Iterable[str], usable: set[ended.Coin], *, all_spent: bool
    ) -> set[ended.Coin]:
        """Coins the next payment must spend so that no ended one is taken beside it.

        When it spends all that are usable, these are all. Raises WalletError when that cannot be,
        and one of `addresses` would be paid twice.
        """
        records, depths = self.store.payments(), self.conflict_depths()
        waiting = [
            (record.recipient, ended.coins_of(record.payment.raw_tx)) for record in self.waiting()
        ]
        on_their_way = {coin for _, coins in waiting for coin in coins}
        spenders = bdk_adapter.spenders(self._bdk)
        possible = ended.still_possible(records, spenders)
        free = [payment for payment in possible if not payment.coins & on_their_way]
        chosen = usable if all_spent else ended.ruling_out(free, usable)
        for address in addresses:
            ended.check_revivable(address, records, depths)
            to_address = {
                coin for payee, coins in waiting if address in payee.split() for coin in coins
            }
            could = ended.revivable(address, records, depths, spenders)
            chosen = chosen if all_spent else chosen | ended.ruling_out(could, usable)
            ended.check_payee(address, possible, chosen | to_address)
            ended.check_ended_payee(could, chosen | to_address, depths)
        return chosen

    def _spent(self, transaction: Transaction, replaces: str) -> list[TxOut]:
        """The outputs a payment spends, as the chain told us: the PSBT is not asked.

        Coins of the payment that it replaces count as unspent.
        """
        unspent = {outpoint_name(utxo.outpoint): utxo.txout for utxo in self._bdk.list_unspent()}
        for record in self.waiting():
            if record.payment.txid == replaces:
                spent = ended.coins_of(record.payment.raw_tx)
                unspent |= {
                    outpoint_name(output.outpoint): output.txout
                    for output in self._bdk.list_output()
                    if outpoint_name(output.outpoint) in spent
                }
        names = [(txin.outpoint.txid, txin.outpoint.index) for txin in transaction.inputs]
        if not unspent.keys() >= set(names):
            raise WalletError(
                "A coin of this payment was spent meanwhile. Nothing was paid."
                " Discard the payment and make it again."
            )
        return [
            TxOut(out.value.to_sat(), out.script_pubkey.to_bytes())
            for out in map(unspent.__getitem__, names)
        ]
