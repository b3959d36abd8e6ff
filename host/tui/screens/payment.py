"""One payment: what it costs, what the device is asked, and how far it has come."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from host.tui import actions, sentences
from host.tui.actions import Where
from host.tui.messages import PaymentLeft, PaymentWanted
from host.tui.now import Now, Payment, Stage
from host.tui.scene import Bill, Spread
from host.tui.screens.page import Page, address, fact, pointed

ASK = "Press enter to ask the device. Nothing is signed before your yes there."
AGAIN = "Press enter to try again, esc to leave it."
PLUG_IN = "Press u to plug the cable in, then enter to try again, esc to leave it."
SEND_AGAIN = "The signed payment is kept. Press enter to send it again, esc to leave it for later."
START_A_NODE = (
    "The signed payment is kept. Press n and start a node there, then p and enter to send it again."
)
DONE = "Paid. Press esc to go back to the balance."
SAME_WORDS = "the device shows the same"
STEPS = (
    (Stage.WRITTEN, "Written down"),
    (Stage.ASKED, "Checked and signed by the device"),
    (Stage.SIGNED, "Given to the network"),
    (Stage.SPREAD, "In a block"),
)


class PaymentPage(Page):
    title = "Pay"
    BINDINGS = actions.bindings(Where.BILL)

    def compose(self) -> ComposeResult:
        yield Static(id="bill")
        yield Static(id="steps")
        yield Static(id="advice")

    def show(self, now: Now) -> None:
        if now.payment is None:
            return
        self.where = _where(now.payment)
        self.query_one("#bill", Static).update(_bill(now.payment, now))
        self.query_one("#steps", Static).update(_steps(now.payment))
        self.query_one("#advice", Static).update(_advice(now.payment, now))

    def action_go_on(self) -> None:
        self.post_message(PaymentWanted())

    def action_leave(self) -> None:
        self.post_message(PaymentLeft())


def _where(payment: Payment) -> Where:
    if payment.working:
        return Where.ASKING
    return Where.SENT if payment.stage.value >= Stage.SPREAD.value else Where.BILL


def _bill(payment: Payment, now: Now) -> Content:
    bill = payment.bill
    spent = bill.sats + bill.fee_sats + bill.change_sats
    have = max(spent, now.purse.confirmed_sats if now.purse else 0)
    of_coins = f"≈ {sentences.share(bill.sats, have)} of your coins"
    facts = [
        fact("To", address(bill.recipient)),
        fact("Amount", Content.styled(sentences.amount(bill.sats, now.btc), "bold"), of_coins),
        fact("Fee", sentences.amount(bill.fee_sats, now.btc), _about_fee(bill)),
    ]
    if bill.change_sats:
        change = sentences.amount(bill.change_sats, now.btc)
        facts.append(fact("Change", change, "comes back to you"))
    if bill.words:
        facts.append(fact("Words", Content.styled(" ".join(bill.words), "bold"), SAME_WORDS))
    return Content.assemble(*facts)


def _about_fee(bill: Bill) -> str:
    rate = f"{sentences.rate(bill.sats_per_vbyte)} · " if bill.sats_per_vbyte else ""
    return f"{rate}{sentences.fee_sentence(bill.fee_sats, bill.sats)}"


def _steps(payment: Payment) -> Content:
    return Content("\n").join(_step(payment, stage, text) for stage, text in STEPS)


def _step(payment: Payment, stage: Stage, text: str) -> Content:
    detail = (_detail(payment, stage), "$secondary")
    if payment.stage.value > stage.value or stage is Stage.WRITTEN:
        return Content.assemble(("✓ ", "$text-success"), text, detail)
    if payment.stage is not stage:
        return Content.assemble((f"· {text}", "$secondary"))
    mark = ("✗ ", "$text-error") if payment.problem else ("▸ ", "$accent bold")
    return Content.assemble(mark, text, detail)


def _detail(payment: Payment, stage: Stage) -> str:
    if stage is Stage.SIGNED and payment.spread is not None:
        return f"   {_spread(payment.spread)}"
    if stage is Stage.SPREAD and payment.height is not None:
        return f"   block {payment.height}"
    return ""


def _spread(spread: Spread) -> str:
    return f"told to {spread.announced} of {spread.peers_total}, came back from {spread.echoed}"


def _advice(payment: Payment, now: Now) -> Content:
    if payment.problem:
        problem = pointed(payment.problem, "$text-warning bold")
        return Content.assemble(problem, "\n", pointed(_way_out(payment, now)))
    return {
        Stage.WRITTEN: pointed(now.problem or now.busy or ASK),
        Stage.ASKED: pointed(now.asking),
        Stage.SIGNED: pointed(now.busy),
        Stage.SPREAD: pointed(sentences.MINED_SOON),
        Stage.CONFIRMED: pointed(DONE, "$text-success bold"),
    }[payment.stage]


def _way_out(payment: Payment, now: Now) -> str:
    if payment.stage is Stage.SIGNED:
        return SEND_AGAIN if now.peers else START_A_NODE
    return AGAIN if now.plugged else PLUG_IN


PAGE = PaymentPage
