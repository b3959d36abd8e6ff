"""Signatures of random payments (PSBTs of versions 0 and 2), from one key and from several."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.signing import SigningTask, SpendPath
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.transactions import sighash
from signer.keys.keyring import Keyring
from signer.keys.path import Path
from tests import kernel, psbts
from tests.oracle.drawn import Drawn, values
from tests.oracle.locks import form_of
from tests.oracle.tally import Known, Question, Unasked, said
from tests.policies import NUMS, Made, policies
from tests.psbts import Draft, In, Out, Vault

SINGLE, SHARED = 8, 8  # payments a turn
_OPEN = (0x02, 0x03, 0x81, 0x82, 0x83)
# What nobody could spend here: with a preimage that is not known, or by nonces in two rounds.
_WITHOUT = ("sha256(", "hash256(", "musig")
_NEAR = 9_000  # indexes, so that change is never too far from the coins (T08)
_LATE = 65_535  # blocks: behind every lock of these policies
_SCRIPTS = (b"\x00\x14" + b"\1" * 20, b"\x00\x20" + b"\2" * 32, b"\xa9\x14" + b"\3" * 20 + b"\x87")


@dataclass(frozen=True)
class Step:
    """A PSBT before and after one of its signers signed it, and what that signer had to sign."""

    seed: bytes
    before: bytes
    after: bytes
    jobs: tuple[tuple[int, SigningTask], ...]


@dataclass(frozen=True)
class Payment:
    form: str
    name: str
    steps: tuple[Step, ...]
    unfinished: str = ""  # why no witness is put together

    @property
    def signed(self) -> bytes:
        return self.steps[-1].after


def questions(seed: str, turn: int, peer: ModuleType) -> Iterator[Question | Unasked]:
    """The questions about some payments, others at each turn."""
    for payment in _payments(seed, turn):
        if hasattr(peer, "sign"):
            yield from _signed(payment, peer)
        elif payment.unfinished:
            yield Unasked(payment.form, payment.unfinished)
        elif hasattr(peer, "verdicts"):
            yield from _judged(payment, kernel.finalized(container.parse(payment.signed)), peer)
        else:
            yield from _finalized(payment, peer)


def _judged(payment: Payment, raw_tx: bytes, peer: ModuleType) -> Iterator[Question]:
    """Whether each input of the finished transaction opens its coin."""
    request = container.parse(payment.signed)
    spent = [kernel.spent_output(request, index) for index in range(len(request.inputs))]
    for index, verdict in enumerate(peer.verdicts(raw_tx, spent)):
        case = f"input {index} of {payment.name} {payment.signed.hex()}"
        yield Question(payment.form, ours=True, ask=said(verdict), case=case)


def _finalized(payment: Payment, peer: ModuleType) -> Iterator[Question]:
    """The transaction that the peer makes of our signatures: the one that we make, and it is good.

    Where only the peer can put the witness together, Bitcoin Core's engine alone says so.
    """
    request = container.parse(payment.signed)
    theirs = peer.finalized(kernel.version_0(request))
    if not any(part in payment.form for part in ("miniscript", "scripts")):
        case = f"{payment.name} {payment.signed.hex()}"
        yield Question(payment.form, kernel.finalized(request), said(theirs), case)
    yield from _judged(payment, theirs, kernel)


def _signed(payment: Payment, peer: ModuleType) -> Iterator[Question | Unasked]:
    """Each signature, and where the peer can make all of them, the bytes of the whole PSBT."""
    for step in payment.steps:
        theirs = peer.sign(step.before, step.seed, [job.path for _, job in step.jobs])
        case = f"{payment.name} {step.before.hex()}"
        request = container.parse(step.before)
        reasons = [peer.no_signature(payment.form, job, request, at) for at, job in step.jobs]
        if peer.SAME_FILES and not any(reasons):
            yield Question(payment.form, step.after, said(theirs), case)
        for (index, job), why in zip(step.jobs, reasons, strict=True):
            if why:
                yield Unasked(payment.form, why)
                continue
            found = peer.signature(theirs, index, job)
            where = f"input {index} of {case}"
            yield _about(payment.form, _ours(step, index, job), job, found, where, peer)


def _ours(step: Step, index: int, job: SigningTask) -> bytes | None:
    return signatures.find(job, container.parse(step.after).inputs[index])


def _about(
    form: str,
    ours: bytes | None,
    job: SigningTask,
    theirs: bytes | None,
    case: str,
    peer: ModuleType,
) -> Question:
    if job.spend_path is not SpendPath.ECDSA and not peer.SAME_NONCES:
        # What was signed is compared, not with which nonce.
        held = signatures.holds(job, job.digest, theirs or b"")
        return Question(f"{form}, what was signed", ours=True, ask=said(held), case=case)
    why = peer.other_signature(theirs)
    if why:
        return Known(form, ours, said(theirs), case, why)
    return Question(form, ours, said(theirs), case)


# --- the payments


@lru_cache(maxsize=4)
def _payments(seed: str, turn: int) -> list[Payment]:
    name = f"{seed}/payments/{turn}"
    shared = values(policies(without=_WITHOUT), SHARED, name)
    return [
        *(_of_one_key(f"{name}/{number}") for number in range(SINGLE)),
        *(_of_several(made, f"{name}/{SINGLE + at}") for at, made in enumerate(shared)),
    ]


def _of_one_key(name: str) -> Payment:
    drawn = Drawn(name)
    kind, network = drawn.choice(psbts.KINDS), drawn.choice(("mainnet", "testnet", "regtest"))
    seed, account = drawn.bytes(drawn.choice((16, 32, 64))), drawn.below(100)
    keys = Keyring(bytearray(seed))

    def at(branch: int) -> Path:
        return psbts.path(kind, branch, drawn.below(_NEAR), network, account)

    amounts = [drawn.between(20_000, 10**10) for _ in range(drawn.between(1, 4))]
    ins = [psbts.coin(keys, at(drawn.below(2)), sats, n) for n, sats in enumerate(amounts)]
    payees = _payees(drawn, sum(amounts) // 2)
    back = psbts.change(keys, at(1), _rest(drawn, amounts, payees))
    made = Draft(ins, [back, *payees], locktime=drawn.below(1 << 32))
    made.psbt_version = drawn.choice((0, 2))
    # BIP370, Creator: version 2 of PSBTs is for version 2 of transactions, and later ones.
    made.version = 2 if made.psbt_version else drawn.choice((1, 2))
    for one in ins:
        one.sequence = drawn.below(1 << drawn.choice((8, 23, 32)))
    flags = [f for f in _OPEN if f & 3 != sighash.SINGLE or len(made.outs) >= len(ins)]
    if drawn.one_in(3):
        ins[-1].put(0x03, drawn.choice(flags).to_bytes(4, "little"))
    return Payment(kind, name, (_step(made.encode(), seed, network, []),))


def _of_several(account: Made, name: str) -> Payment:
    drawn = Drawn(name)
    seeds = [bytes((number + 1,)) * 32 for number in range(len(account.keys))]
    vault = Vault(account.policy(), tuple(Keyring(bytearray(seed)) for seed in seeds))
    amounts = [drawn.between(20_000, 10**10) for _ in range(drawn.between(1, 3))]
    ins = [_shared_coin(vault, drawn, sats, number) for number, sats in enumerate(amounts)]
    payees = _payees(drawn, sum(amounts) // 2)
    rest = _rest(drawn, amounts, payees)
    back = psbts.shared_change(vault, 1, drawn.below(_NEAR), rest)
    made = Draft(ins, [*payees, back], locktime=_LATE)
    made.psbt_version = drawn.choice((0, 2))
    for one in ins:
        one.sequence = _LATE
    raw, steps = made.encode(), []
    for seed, keys in zip(seeds, vault.signers, strict=True):
        steps.append(_step(raw, seed, account.network, [vault.record(keys)]))
        raw = steps[-1].after
    # BDK's finalizer ends the process there. Other tests put such witnesses together by hand.
    ends = account.template.startswith(f"tr({NUMS}") and "pkh(" in account.template
    why = "BDK opens no leaf by pk_h()" if ends else ""
    return Payment(form_of(account.template), name, tuple(steps), why)


def _shared_coin(vault: Vault, drawn: Drawn, sats: int, number: int) -> In:
    place = drawn.below(2), drawn.below(_NEAR)
    one = psbts.shared_coin(vault, *place, sats, number)
    if "wpkh" in vault.policy.template:
        # libwally takes a coin of segwit without this field for one of before.
        claim = psbts.output(sats, vault.policy.spend_data(*place).script_pubkey)
        one.records.insert(1, (b"\x01", claim))
    return one


def _payees(drawn: Drawn, sats: int) -> list[Out]:
    count = drawn.between(1, 4)
    return [Out([], sats // count, drawn.choice(_SCRIPTS)) for _ in range(count)]


def _rest(drawn: Drawn, amounts: list[int], payees: list[Out]) -> int:
    """What comes back: all but a small fee."""
    return sum(amounts) - sum(out.sats for out in payees) - drawn.between(150, 3_000)


def _step(raw: bytes, seed: bytes, network: str, records: list[bytes]) -> Step:
    keys = Keyring(bytearray(seed))
    reviewed = psbts.review(raw, keys, network, records, expert=True)
    coins = reviewed.subject.inputs
    jobs = tuple((index, job) for index, coin in enumerate(coins) for job in coin.tasks)
    return Step(seed, raw, CHAIN.sign(reviewed.approve(reviewed.pages), keys), jobs)
