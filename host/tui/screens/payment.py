"""One payment: what it costs, what the device is asked, and how far it has come."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.payees.addresses import is_silent
from host.session import forms, wording
from host.session.state import AppState, PaymentProgress, Stage, block_sentence
from host.tui import actions
from host.tui.actions import KeyPlace, Needs
from host.tui.messages import PaymentCopied, PaymentEnded, PaymentLeft, ResumeRequested
from host.tui.screens.page import WalletPage, fact, paid_to, pointed, warned
from host.tui.widgets.flow import FlowPicture
from host.values import Draft, Recipient

ASK = "Press enter to ask the device. Nothing is signed before your yes there."
SEND = "It is signed. Press enter to send it."
AGAIN = "Press enter to try again, esc to leave it."
PLUG_IN = "Press u to plug the cable in, then enter to try again, esc to leave it."
SEND_AGAIN = "The signed payment is kept. Press enter to send it again, esc to leave it for later."
START_A_NODE = (
    "The signed payment is kept. Press n and start a node there, then p and enter to send it again."
)
DONE = "Paid. Press esc to go back to the balance."
SAME_WORDS = "the device must show the same"
NAME_PROVEN = "proven to be this address today"
# What a step is called before its turn, while it is under way, and once it is done.
STEPS = (
    (Stage.WRITTEN, "Written down", "Written down", "Written down"),
    (Stage.ASKED, "Your yes on the device", "Your yes on the device", "Signed on the device"),
    (Stage.SIGNED, "To the network", "On its way to the network", "Given to the network"),
    (Stage.SPREAD, "A block", "Waiting for a block", "In a block"),
)


class PaymentPage(WalletPage):
    title = "Pay"
    BINDINGS = actions.bindings(KeyPlace.DRAFT)

    def __init__(self) -> None:
        super().__init__()
        self._txid = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="draft")
            yield Static(id="steps")
            yield Static(id="advice")
            yield FlowPicture()

    def show(self, state: AppState) -> None:
        if state.payment is None:
            return
        self.place = _place(state.payment)
        self.missing = frozenset(() if state.payment.is_kept else (Needs.HANDED_ON,))
        self._txid = state.payment.txid
        self.query_one("#draft", Static).update(_facts(state.payment, state))
        self.query_one("#steps", Static).update(_steps(state.payment))
        self.query_one("#advice", Static).update(_advice(state.payment, state))
        signed = state.payment.signed
        source = state.payment.draft.psbt or (signed.raw_tx if signed else b"")
        self.query_one(FlowPicture).show(source, state)

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_resume(self) -> None:
        self.post_message(ResumeRequested())

    def action_copy(self) -> None:
        """The PSBT for another signer; what is signed goes by its name."""
        if self._txid:
            self.copy(self._txid)
        else:
            self.post_message(PaymentCopied())

    def action_end(self) -> None:
        self.post_message(PaymentEnded())

    def action_leave(self) -> None:
        self.post_message(PaymentLeft())


def _place(payment: PaymentProgress) -> KeyPlace:
    if payment.working:
        return KeyPlace.ASKING
    return KeyPlace.SENT if payment.stage.value >= Stage.SPREAD.value else KeyPlace.DRAFT


def _facts(payment: PaymentProgress, state: AppState) -> Content:
    draft = payment.draft
    spent = draft.sats + draft.fee_sats + draft.change_sats
    total = max(spent, state.wallet.balance.spendable_sats if state.wallet else 0)
    of_coins = f"≈ {wording.share(draft.sats, total)} of your coins"
    facts = [
        *_recipients(draft, state),
        fact("Amount", Content.styled(wording.amount(draft.sats, state.btc), "bold"), of_coins),
        fact("Fee", wording.amount(draft.fee_sats, state.btc), _about_fee(draft)),
    ]
    if payment.advice:
        facts.append(Content.styled(f"{payment.advice.sentence}\n", "$secondary"))
    if draft.change_sats:
        change = wording.amount(draft.change_sats, state.btc)
        facts.append(fact("Change", change, "comes back to you"))
    if payment.signatures is not None and payment.collects:
        facts.append(fact("Signed", *wording.signed_by(payment.signatures)))
    if payment.txid:
        facts.append(fact("Txid", payment.txid))
    facts += [*_related(draft), *_path(draft)]
    if draft.words:
        facts.append(fact("Words", Content.styled(" ".join(draft.words), "bold"), SAME_WORDS))
    elif any(map(is_silent, draft.recipient.split())):
        facts.append(fact("Silent", "the device computes the output", "and must show this address"))
    if state.wallet and payment.stage in {Stage.WRITTEN, Stage.ASKED}:
        addresses = (recipient.address for recipient in draft.recipients)
        contacts = state.records.contacts
        warning = forms.look_alike_warning(addresses, state.wallet.history, contacts)
        facts.append(warned(warning))
        changes = " ".join(payee.warning for payee in draft.recipients if payee.warning)
        facts.append(warned(changes))
    return Content.assemble(*facts)


def _related(draft: Draft) -> list[Content]:
    """The payment whose place it takes, or that it lifts."""
    lines = []
    if draft.replaces:
        lines += [fact("Replaces", draft.replaces), fact("", wording.ONLY_ONE)]
    if draft.request and draft.request.child_of:
        together = f"both pay {wording.rate(draft.request.sats_per_vbyte)} together"
        lines += [fact("Lifts", draft.request.child_of), fact("", together)]
    return lines


def _path(draft: Draft) -> list[Content]:
    """When the path that was chosen is possible, and who signs."""
    if draft.request is None or not draft.request.path:
        return []
    when, _, who = draft.request.path_words.partition(": ")
    return [fact("Path", f"{draft.request.path}. {when}"), fact("", who)]


def _recipients(draft: Draft, state: AppState) -> list[Content]:
    if len(draft.recipients) == 1:
        return _who(draft.recipients[0], "To you" if wording.comes_back(draft) else "To")
    lines = []
    for number, recipient in enumerate(draft.recipients):
        sats = Content.styled(wording.amount(recipient.sats or 0, state.btc), "bold")
        lines += [fact("" if number else "To", sats), *_who(recipient, "")]
    return lines


def _who(recipient: Recipient, label: str) -> list[Content]:
    if not recipient.name:
        return paid_to(recipient.address, label)
    name = fact(label, Content.styled(f"₿{recipient.name}", "bold $text"), NAME_PROVEN)
    return [name, *paid_to(recipient.address, "")]


def _about_fee(draft: Draft) -> str:
    rate = f"{wording.rate(draft.sats_per_vbyte)} · " if draft.sats_per_vbyte else ""
    of = "what comes back" if wording.comes_back(draft) else "what you pay"
    return f"{rate}{wording.fee_sentence(draft.fee_sats, draft.sats, of)}"


def _steps(payment: PaymentProgress) -> Content:
    return Content("\n").join(_step(payment, *step) for step in STEPS)


def _step(payment: PaymentProgress, stage: Stage, ahead: str, now: str, done: str) -> Content:
    detail = (_detail(payment, stage), "$secondary")
    if payment.stage.value > stage.value or stage is Stage.WRITTEN:
        return Content.assemble(("✓ ", "$text-success"), done, detail)
    if payment.stage is not stage:
        return Content.assemble((f"· {ahead}", "$secondary"))
    mark = ("✗ ", "$text-error") if payment.problem else ("▸ ", "$accent bold")
    return Content.assemble(mark, now, detail)


def _detail(payment: PaymentProgress, stage: Stage) -> str:
    if stage is Stage.SIGNED and payment.sent is not None:
        return f"   {wording.proof_sentence(payment.sent.proof)}"
    if stage is Stage.SPREAD and payment.height is not None:
        return f"   block {payment.height}"
    return ""


def _advice(payment: PaymentProgress, state: AppState) -> Content:
    if state.broken:
        return pointed(state.broken, "$text-warning bold")
    if payment.problem:
        problem = pointed(payment.problem, "$text-warning bold")
        return Content.assemble(problem, "\n", pointed(_way_out(payment, state)))
    return {
        Stage.WRITTEN: pointed(state.problem or state.busy or _next(payment)),
        Stage.ASKED: pointed(state.asking),
        Stage.SIGNED: pointed(state.busy or SEND),
        Stage.SPREAD: pointed(block_sentence(state)),
        Stage.CONFIRMED: pointed(DONE, "$text-success bold"),
    }[payment.stage]


def _next(payment: PaymentProgress) -> str:
    if payment.copied:
        return wording.COPIED if payment.collects else wording.COPIED_UNSIGNED
    return wording.NEXT_SIGNER if payment.is_kept else ASK


def _way_out(payment: PaymentProgress, state: AppState) -> str:
    if payment.stage is Stage.SIGNED:
        return SEND_AGAIN if state.peers or not state.playground else START_A_NODE
    return AGAIN if state.plugged else PLUG_IN


PAGE = PaymentPage
