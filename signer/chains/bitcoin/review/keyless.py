"""A PSBT as pages for a reader without keys: what is signed bytes is shown, the rest is a claim.

Nothing here can be approved: there is no `Review`, so there is nothing to sign. Which output is
change cannot be known without keys (T07): each is shown whole, as if it were paid to somebody.
"""

from collections.abc import Iterator, Sequence

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.accounts.account import is_foreign
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.payment import foreign, outputs, ownership, payment, utxos
from signer.chains.bitcoin.payment.outputs import ReviewedOutput
from signer.chains.bitcoin.payment.signing import sighash_context
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.review import warnings
from signer.chains.bitcoin.review.pages import destination_facts, lock_facts, name_facts
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import Malformed, Refused
from signer.formats import silent_address
from signer.keys.path import bare
from signer.review import Fact, Kind, Origin, Page, Shape, warning

_FINAL = (fields.FINAL_SCRIPTSIG, fields.FINAL_SCRIPTWITNESS)
_SIGNATURES = (
    *_FINAL,
    fields.PARTIAL_SIG,
    fields.TAP_KEY_SIG,
    fields.TAP_SCRIPT_SIG,
    fields.MUSIG2_PARTIAL_SIG,
)
_INPUT_KEYS = (fields.BIP32_DERIVATION, fields.TAP_BIP32_DERIVATION)
_OUTPUT_KEYS = (fields.OUT_BIP32_DERIVATION, fields.OUT_TAP_BIP32_DERIVATION)
# What a signature by one key adds to an input, in weight units (BIP141): a script, a witness.
_SIGNED_WEIGHT = {
    ScriptType.P2PKH: 4 * 106 + 1,
    ScriptType.P2WPKH: 107,
    ScriptType.P2TR: 66,
}
_NESTED_WEIGHT = 4 * 23
_MARKER = 2  # two bytes say that there are witnesses
_MOST_CLAIMS = 4  # keys named on a page


def pages(request: Psbt, network: Network, words: tuple[str, ...]) -> tuple[Page, ...]:
    """Every page of a PSBT on this network. `words` stand for its unsigned transaction.

    Raises Malformed or Refused: for what contradicts itself, or is not of this network.
    """
    payment.check_shape(request.tx)
    spent = utxos.spent_outputs(request, range(len(request.inputs)))
    payment.check_filled(spent)
    payment.check_sums(spent, request.tx.outputs)
    _check_network(request, network)
    targets = outputs.of_strangers(request, network)
    targets = payment.with_names(request, targets, network)
    return (
        *_claimed(request, spent),
        *_high_fee(request, spent),
        *warnings.time_warnings(request.tx, network),
        *_odd(request, targets),
        *_paid(request, targets, network),
        _details(request, spent, network),
        _total(request, spent, words),
    )


def _check_network(request: Psbt, network: Network) -> None:
    for number, records in enumerate(request.inputs, 1):
        for _, path in ownership.claimed_origins(records, *_INPUT_KEYS):
            if is_foreign(path, network):
                raise Refused(BitcoinReason.WRONG_NETWORK, f"Input {number}.")


# --- what is odd


def _claimed(request: Psbt, spent: Sequence[TxOutput]) -> Iterator[Page]:
    """Amounts without their previous transactions (T01). One segwit coin vouches for its own."""
    claims = utxos.claimed(request, dict(enumerate(spent)))
    if claims and (len(spent) > 1 or not utxos.is_segwit(spent[0], request.inputs[0])):
        yield warning(
            "Amounts are claimed",
            f"The PSBT has no proof of {wording.plural(len(claims), 'amount')}.",
            "If it lies, the fee is not the one shown.",
            "Proof is the previous transaction of each coin.",
        )


def _high_fee(request: Psbt, spent: Sequence[TxOutput]) -> Iterator[Page]:
    """The part of the coins that is lost as a fee: what is paid is not known without keys."""
    fee, coins = _fee(request, spent), sum(output.sats for output in spent)
    if fee * 100 >= warnings.USUAL_FEE_PERCENT * coins:
        share = wording.share(fee, coins)
        yield warning("High fee", f"Fee is {units.sats(fee)}, {share} of the coins.")
    vbytes = _vbytes(request, spent)
    if vbytes and fee >= warnings.USUAL_SATS_PER_VBYTE * vbytes:
        usual = f"Usual is under {warnings.USUAL_SATS_PER_VBYTE} sat/vB."
        yield warning("High fee rate", f"Fee is {units.rate(fee, vbytes)}.", usual)


def _odd(request: Psbt, targets: Sequence[ReviewedOutput]) -> tuple[Page, ...]:
    """A silent payment has no script before it is signed, which is not odd (BIP375)."""
    if any(records.has_any(fields.OUT_SP_V0_INFO) for records in request.outputs):
        targets = [target for target in targets if target.output.script_pubkey]
    return warnings.output_warnings(targets)


# --- where the coins go


def _paid(request: Psbt, targets: Sequence[ReviewedOutput], network: Network) -> Iterator[Page]:
    for number, (target, records) in enumerate(zip(targets, request.outputs, strict=True), 1):
        facts = (
            Fact("Pay", units.sats(target.output.sats)),
            *name_facts(target),
            *_silent(records, network),
            *(destination_facts(target) if target.output.script_pubkey else ()),
            *_said_keys(records),
        )
        yield Page(Kind.RECIPIENT, f"Output {number} of {len(targets)}", facts)


def _silent(records: Map, network: Network) -> Iterator[Fact]:
    """The silent payment address that is to be paid; whether its script is right is not known."""
    keys = records.get(fields.OUT_SP_V0_INFO)
    if keys is not None:
        text = silent_address.read(keys).encode(network.name)
        yield Fact("said to be for", text, Origin.HOST, Shape.ADDRESS)


def _said_keys(records: Map) -> Iterator[Fact]:
    """The keys it is said to be of: change, perhaps. Only a device that has them can tell."""
    origins = ownership.claimed_origins(records, *_OUTPUT_KEYS)
    for fingerprint, path in origins[:_MOST_CLAIMS]:
        yield Fact("said to be of", f"{fingerprint.hex()} {bare(path)}", Origin.HOST)
    if len(origins) > _MOST_CLAIMS:
        more = wording.plural(len(origins) - _MOST_CLAIMS, "more key")
        yield Fact("and", more, Origin.HOST)


# --- the whole


def _details(request: Psbt, spent: Sequence[TxOutput], network: Network) -> Page:
    coins = sum(output.sats for output in spent)
    facts = (
        Fact("Network", network.name, Origin.HOST),
        Fact("From", f"{wording.plural(len(spent), 'coin')}, {units.sats(coins)}"),
        *_signed(request, spent),
        *lock_facts(request.tx),
    )
    return Page(Kind.DETAIL, "Details", facts)


def _signed(request: Psbt, spent: Sequence[TxOutput]) -> Iterator[Fact]:
    """How many inputs are signed whole, as far as that can be verified here."""
    context = sighash_context(request.tx, tuple(spent))
    started = [i for i, records in enumerate(request.inputs) if records.has_any(*_SIGNATURES)]
    whole = 0
    for index in started:
        try:
            foreign.verified(index, request.inputs[index], context)
            whole += 1
        except (Malformed, Refused):
            continue
    yield Fact("Signed", f"{whole} of {wording.plural(len(spent), 'input')}", Origin.DERIVED)
    if len(started) > whole:
        other = wording.plural(len(started) - whole, "input")
        yield Fact("Signatures in", f"{other} more, not checked here", Origin.HOST)


def _total(request: Psbt, spent: Sequence[TxOutput], words: tuple[str, ...]) -> Page:
    fee, coins = _fee(request, spent), sum(output.sats for output in spent)
    vbytes = _vbytes(request, spent)
    facts = (
        Fact("Pay", units.sats(coins - fee)),
        Fact("to", wording.plural(len(request.tx.outputs), "output")),
        Fact("", "Which of them are change, only a device with its keys can tell."),
        Fact("Fee", f"{units.sats(fee)} ({wording.share(fee, coins)} of the coins)"),
        Fact("Rate", units.rate(fee, vbytes) if vbytes else "not known before it is signed"),
        Fact("Words to compare", " ".join(words), Origin.DERIVED),
    )
    return Page(Kind.OVERVIEW, "Total", facts)


def _fee(request: Psbt, spent: Sequence[TxOutput]) -> int:
    return sum(output.sats for output in spent) - sum(output.sats for output in request.tx.outputs)


def _vbytes(request: Psbt, spent: Sequence[TxOutput]) -> int:
    """The size once it is signed (BIP141); 0 where a coin may be opened in several ways."""
    pairs = zip(spent, request.inputs, strict=True)
    weights = [_weight(output, records) for output, records in pairs]
    if None in weights or not all(output.script_pubkey for output in request.tx.outputs):
        return 0
    return (4 * len(request.unsigned_tx) + _MARKER + sum(filter(None, weights)) + 3) // 4


def _weight(output: TxOutput, records: Map) -> int | None:
    """What an input grows by: exactly, where it is final; None where that is not known."""
    if records.has_any(*_FINAL):
        script_sig = records.get(fields.FINAL_SCRIPTSIG) or b""
        return 4 * len(script_sig) + len(records.get(fields.FINAL_SCRIPTWITNESS) or b"\x00")
    if records.has_any(fields.TAP_MERKLE_ROOT, fields.TAP_LEAF_SCRIPT):
        return None
    redeem = records.get(fields.REDEEM_SCRIPT)
    weight = _SIGNED_WEIGHT.get(script.script_type(redeem or output.script_pubkey))
    return weight if weight is None or redeem is None else weight + _NESTED_WEIGHT
