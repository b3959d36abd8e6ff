"""A checked payment as pages: warnings, each recipient, what moves, details folded, the total."""

from collections.abc import Iterator

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.accounts.account import Account, AccountIndex, PolicyAccount
from signer.chains.bitcoin.network import FINAL_SEQUENCE, LOCKTIME_THRESHOLD
from signer.chains.bitcoin.payment.outputs import RETURNING, OutputRole, ReviewedOutput
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.review.warnings import fee_base, payment_warnings
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import Tx
from signer.keys.path import bare
from signer.review import Fact, Kind, Origin, Page, Shape

_FIRST_LASTING_SEQUENCE = 0xFFFFFFFE  # below it, a transaction may be replaced (BIP125)
_USUAL_VERSIONS = (1, 2)
_ANCHOR = "An anchor output: anybody can spend it."
_PART = "Part of it may come from coins of others."
_FIRST = "first of two rounds: only a nonce leaves"
_FIRST_TOO = "first of two rounds for some signatures: of those only a nonce leaves"
_SECOND = "second of two rounds: your part of the signature leaves"


def pages(payment: CheckedPayment, words: tuple[str, ...]) -> tuple[Page, ...]:
    """Every page of a payment: nothing that matters is left out, nothing is cut short.

    `words` stand for the transaction on this screen and the host's. A title only names its page,
    for a panel may cut it; what is to be read is in the facts.
    """
    return (
        *payment_warnings(payment),
        *(page for account in payment.accounts for page in _shut(payment, account)),
        *_recipients(payment),
        *_own(payment),
        *_of_others(payment),
        *_net_effects(payment),
        _details(payment),
        _total(payment, words),
    )


def _shut(payment: CheckedPayment, account: Account) -> Iterator[Page]:
    """Signatures of a registered account that open nothing: the payment waits too short (T22)."""
    if isinstance(account, PolicyAccount):
        from signer.chains.bitcoin.review import opened_paths  # noqa: PLC0415  seldom needed

        yield from opened_paths.warnings(payment, account)


def _total(payment: CheckedPayment, words: tuple[str, ...]) -> Page:
    """The page of the last yes: what leaves in all, and words to find on the host's screen, too."""
    base, _ = fee_base(payment)
    paid, fee = payment.paid_sats, payment.fee_sats
    facts = (
        *_rounds(payment),
        *_sums(payment),
        Fact("Fee", f"{units.sats(fee)} ({wording.share(fee, base)})"),
        Fact("Rate", units.rate(fee, payment.vbytes)),
        *((Fact("Total", units.sats(paid + fee)),) if paid and not payment.foreign else ()),
        Fact("Words to compare", " ".join(words), Origin.DERIVED),
    )
    return Page(Kind.OVERVIEW, "Total", facts)


def _rounds(payment: CheckedPayment) -> Iterator[Fact]:
    """Which round of MuSig2 this is (BIP327); nothing where nobody signs with us."""
    signers = [task.partial_signer for spent in payment.inputs for task in spent.tasks]
    rounds = {signer.session is not None if signer else None for signer in signers}
    if False in rounds:
        yield Fact("Joint", _FIRST_TOO if len(rounds) > 1 else _FIRST, Origin.POLICY)
    if True in rounds:
        yield Fact("Joint", _SECOND, Origin.POLICY)


def _sums(payment: CheckedPayment) -> Iterator[Fact]:
    if not payment.foreign:
        yield from _flow(payment)
        return
    from signer.chains.bitcoin.review import payjoin  # noqa: PLC0415  seldom needed

    yield from payjoin.flow(payment)


def _of_others(payment: CheckedPayment) -> Iterator[Page]:
    """Who puts in what, where others put in some of it (T95)."""
    if payment.foreign:
        from signer.chains.bitcoin.review import payjoin  # noqa: PLC0415  as above

        yield from payjoin.pages(payment)


def _flow(payment: CheckedPayment) -> Iterator[Fact]:
    """What leaves, and what moves between accounts of ours: with fee and change, all coins."""
    recipients, data = _going(payment)
    elsewhere = [t for t in payment.outputs if t.role is OutputRole.OTHER_ACCOUNT]
    if recipients:
        yield Fact("Pay", _sum(recipients))
        if len(recipients) > 1:
            yield Fact("to", wording.plural(len(recipients), "recipient"))
    elif returning := _returning(payment):
        yield Fact("Move", _sum(returning))
        yield Fact("to", "yourself", Origin.DERIVED)
    yield from _data_records(data)
    if elsewhere:
        yield Fact("Move", _sum(elsewhere))
        yield Fact("to", "another account of yours", Origin.DERIVED)
    # An address of ours that no field points to is not found: that is less than "nothing is".
    if not any(t.location for t in payment.outputs):
        yield Fact("", "No output is known to be yours.")


def _returning(payment: CheckedPayment) -> list[ReviewedOutput]:
    return [target for target in payment.outputs if target.role in RETURNING]


def _data_records(data: list[ReviewedOutput]) -> Iterator[Fact]:
    """Coins in data are lost: their sum is neither paid nor moved (T20)."""
    if not data:
        return
    burned = any(target.output.sats for target in data)
    if burned:
        yield Fact("Burn", _sum(data))
    yield Fact("in" if burned else "and", wording.plural(len(data), "data record"))


def _sum(targets: list[ReviewedOutput]) -> str:
    return units.sats(sum(target.output.sats for target in targets))


def _going(payment: CheckedPayment) -> tuple[list[ReviewedOutput], list[ReviewedOutput]]:
    """The outputs that leave us: to somebody, and into data."""
    going = [target for target in payment.outputs if not target.stays]
    data = [target for target in going if target.role is OutputRole.DATA]
    return [target for target in going if target.role is not OutputRole.DATA], data


def _net_effects(payment: CheckedPayment) -> Iterator[Page]:
    """What becomes of each account, where several pay (T11): change of one may go to another."""
    if len(payment.accounts) == 1:
        return
    for number, account in enumerate(payment.accounts, 1):
        spent = payment.coins_of(account)
        returning = _located(_returning(payment))
        coming = [target for target, location in returning if location.account == account]
        sats = sum(coin.utxo.sats for coin in spent)
        gain = sum(target.output.sats for target in coming) - sats
        yield Page(
            Kind.OVERVIEW,
            f"Account {number} of {len(payment.accounts)}",
            (
                *_named(account, "From account"),
                Fact("Spends", f"{wording.plural(len(spent), 'coin')}, {units.sats(sats)}"),
                Fact("Gets back", _sum(coming), Origin.DERIVED),
                Fact("In all", f"{units.sats(abs(gain))} {'more' if gain > 0 else 'less'}"),
            ),
        )


def _recipients(payment: CheckedPayment) -> Iterator[Page]:
    recipients, data = _going(payment)
    part = (Fact("", _PART),) if payment.foreign else ()
    for number, target in enumerate(recipients, 1):
        amount = Fact("Pay", units.sats(target.output.sats))
        facts = (amount, *part, *name_facts(target), *destination_facts(target))
        yield Page(Kind.RECIPIENT, f"Recipient {number} of {len(recipients)}", facts)
    for number, target in enumerate(data, 1):
        facts = (Fact("", units.sats(target.output.sats)), *part, *destination_facts(target))
        yield Page(Kind.RECIPIENT, f"Data {number} of {len(data)}", facts)


def name_facts(target: ReviewedOutput) -> Iterator[Fact]:
    """The name that is proven to stand for the address below it, and when (T94).

    There is no clock here: whether that time has passed is for the reader to see.
    """
    if target.name is not None:
        first, last = wording.day(target.name.start), wording.day(target.name.end)
        span = f"{first} to {last} UTC, by the internet's name system"
        yield Fact("name", f"{target.name.text}, verified", Origin.DERIVED)
        yield Fact("valid", span, Origin.DERIVED)
    elif target.unknown_name:
        yield Fact("", "Its name cannot be checked here and is not shown.")


def destination_facts(target: ReviewedOutput) -> tuple[Fact, ...]:
    """Where an output goes, whole: an address, data, or a script."""
    if target.silent is not None:
        # The script on the chain is a one-time one, made here: the address is what to compare.
        return (
            Fact("to", target.silent, Origin.DERIVED, Shape.ADDRESS),
            Fact("as one-time address", target.address or "", shape=Shape.ADDRESS),
        )
    if target.address is not None:
        shown = (Fact("to", target.address, shape=Shape.ADDRESS),)
        return (
            (*shown, Fact("", _ANCHOR)) if target.output.script_pubkey == script.ANCHOR else shown
        )
    if target.role is OutputRole.DATA:
        return _data(target.output.script_pubkey[1:])
    return (Fact("to an unknown script", target.output.script_pubkey.hex() or "(empty)"),)


def _data(data: bytes) -> tuple[Fact, ...]:
    # All that follows OP_RETURN, with its push codes: a reader who looks only at the first push
    # overlooks what stands behind it (T20).
    pushes = script.count_pushes(data)
    parts = "not only pushes" if pushes is None else f"pushes: {pushes}"
    text = "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data)
    return (
        Fact("into data,", f"{wording.plural(len(data), 'byte')}, {parts}"),
        Fact("hex", data.hex() or "(empty)"),
        Fact("as text", text or "(empty)"),
    )


def _own(payment: CheckedPayment) -> Iterator[Page]:
    """What stays ours and is more than change: it has a page that everybody reads (T106)."""
    moving = [] if _change(payment) else _returning(payment)
    for number, (target, location) in enumerate(_located(moving), 1):
        facts = (*_moved(target, location), *_place_of(target, location))
        yield Page(Kind.CHANGE, f"To yourself {number} of {len(moving)}", facts)
    elsewhere = [t for t in payment.outputs if t.role is OutputRole.OTHER_ACCOUNT]
    for target, location in _located(elsewhere):
        named = _named(location.account, "of your account")
        facts = (*_moved(target, location), *named, _place(location))
        yield Page(Kind.CHANGE, "To your other account", facts)


def _change(payment: CheckedPayment) -> list[ReviewedOutput]:
    """What returns beside a payment. Where nobody is paid it is no change, but the purpose."""
    recipients, _ = _going(payment)
    return _returning(payment) if recipients else []


def _located(targets: list[ReviewedOutput]) -> list[tuple[ReviewedOutput, AccountIndex]]:
    """Outputs of ours, each with the place where it lies: derived here."""
    return [(target, target.location) for target in targets if target.location is not None]


def _moved(target: ReviewedOutput, location: AccountIndex) -> tuple[Fact, Fact]:
    return Fact("Move", units.sats(target.output.sats)), _own_address(target, location, "to")


def _returned(target: ReviewedOutput, location: AccountIndex) -> Iterator[Fact]:
    yield Fact("Change to you", units.sats(target.output.sats))
    yield _own_address(target, location, "Comes back to you at")
    yield from _place_of(target, location)


def _own_address(target: ReviewedOutput, location: AccountIndex, label: str) -> Fact:
    return Fact(label, target.address or "", _origin(location.account), Shape.ADDRESS)


def _place_of(target: ReviewedOutput, location: AccountIndex) -> Iterator[Fact]:
    """Where in an account that pays an output of ours lies."""
    account, origin = location.account, _origin(location.account)
    if isinstance(account, PolicyAccount):
        yield Fact("account", account.title, origin)
    yield _place(location)
    if target.role is OutputRole.RECEIVE:
        yield Fact("", "One of your own addresses.", origin)


def _place(location: AccountIndex) -> Fact:
    origin = _origin(location.account)
    if isinstance(location.account, PolicyAccount):
        return Fact("path", f"{location.branch}/{location.index}, checked", origin)
    return Fact("path", f"{bare(location.path)}, checked", origin)


def _origin(account: Account) -> Origin:
    return Origin.POLICY if isinstance(account, PolicyAccount) else Origin.DERIVED


def _named(account: Account, label: str = "Account") -> Iterator[Fact]:
    yield Fact(label, account.title, _origin(account))
    if isinstance(account, PolicyAccount):
        # A name can be given twice; what was registered under it cannot be the same twice.
        yield Fact("Account id", account.short_id, Origin.POLICY, Shape.ADDRESS)


def _opened(payment: CheckedPayment, account: Account) -> Iterator[Fact]:
    """What a registered account's signature is for, and what it needs beside it."""
    if isinstance(account, PolicyAccount):
        from signer.chains.bitcoin.review import opened_paths  # noqa: PLC0415  seldom needed

        yield from opened_paths.facts(payment, account)


def _details(payment: CheckedPayment) -> Page:
    """What is ours and what wallets set by rule, a key away: a sum says what comes back (T106)."""
    network, change = Fact("Network", payment.network.name), _change(payment)
    facts = [
        *(fact for target, location in _located(change) for fact in _returned(target, location)),
        *(fact for account in payment.accounts for fact in _named(account)),
        *(fact for account in payment.accounts for fact in _opened(payment, account)),
        network,
        Fact("From", _coins(payment)),
        *lock_facts(payment.tx),
    ]
    if payment.tx.version not in _USUAL_VERSIONS:
        facts.append(Fact("Version", wording.spaced(payment.tx.version)))
    returning = (Fact("Change to you", _sum(change), Origin.DERIVED),) if change else ()
    return Page(Kind.DETAIL, "Details", tuple(facts), (*returning, network))


def _coins(payment: CheckedPayment) -> str:
    """`2 coins of 2 accounts, 110 000 sats`: what the payment spends."""
    coins, count = wording.plural(len(payment.inputs), "coin"), len(payment.accounts)
    of_accounts = f" of {count} accounts" if count > 1 else ""
    return f"{coins}{of_accounts}, {units.sats(payment.spent_sats)}"


def lock_facts(tx: Tx) -> Iterator[Fact]:
    """Before when no block may hold the transaction, and whether it can be replaced (BIP125)."""
    locktime = tx.locktime
    sequences = [tx_input.sequence for tx_input in tx.inputs]
    if locktime:
        is_time = locktime >= LOCKTIME_THRESHOLD
        moment = wording.utc(locktime) if is_time else f"block {wording.spaced(locktime)}"
        # Where every sequence is final, the locktime is not looked at (consensus, IsFinalTx).
        idle = min(sequences) == FINAL_SEQUENCE
        yield Fact("Not before", f"{moment}, no effect" if idle else moment)
    replaceable = min(sequences) < _FIRST_LASTING_SEQUENCE
    yield Fact("Fee can be raised later:", "yes" if replaceable else "not announced")
