"""Signing: check, show every page, sign exactly what was shown."""

from firmware_emu.commands import Sign, Signed, Unchanged
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, Pause, RequestOutcome
from firmware_emu.flows.review import NOTHING, read_all
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.storage import account_store, history_store
from firmware_emu.storage.history_store import with_history
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.errors import NothingToSign
from signer.keys.curve import erase
from signer.keys.keyring import Keyring


def sign(command: Sign, vault: Vault, keyring: Keyring, pool: EntropyPool) -> Flow[RequestOutcome]:
    """The signed payload, after every page was accepted; as it came if nothing is to be signed.

    Raises Declined, and as the chain does.
    """
    chain = chains.load(command.chain)
    yield Pause(Wait("Reading the payment."))
    store, past = account_store.load(vault, keyring), history_store.load(vault, keyring)
    records = (*store.records(command.chain), *command.records)
    history = past.of_chain(command.chain)
    try:
        review = chain.review(command.payload, keyring, command.network, records, history=history)
    except NothingToSign as finding:
        sentences = (finding.reason.sentence, NOTHING, finding.reason.advice)
        return RequestOutcome(Unchanged(command.payload), Notice("Nothing to sign", sentences))
    warnings = (*store.warnings, *past.warnings)
    accepted = yield from read_all((*warnings, *review.pages), "sign")
    approval = review.approve(accepted[len(warnings) :])
    yield Pause(Wait("Signing."))
    payload = chain.sign(approval, keyring, _fresh(pool))
    remembered = chain.remember(review, history)
    if remembered != history:
        # Before the host has it: a power cut must not make room for a second story (T92).
        fuller = with_history(vault, past, command.chain, remembered, keyring, pool.draw(12))
        yield Pause(Wait("Signing."), fuller)
    return RequestOutcome(Signed(payload), Notice("Signed", ("Go on in your wallet.",)))


def _fresh(pool: EntropyPool) -> bytearray:
    """32 fresh bytes, for signatures of several signers together; who signs erases them."""
    randomness = pool.draw(32)
    fresh = bytearray(randomness)
    erase(randomness)
    return fresh
