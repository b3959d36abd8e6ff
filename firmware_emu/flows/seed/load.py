"""A seed that was shown to a new device as a code: its fingerprint first, then a PIN."""

from firmware_emu.commands import Done, Fault, FaultCode, LoadSeed, OpenEnvelope
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, RequestOutcome
from firmware_emu.flows.backups.opening import open_envelope
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.flows.seed.setup import keep
from firmware_emu.screens.notice import Acknowledged, Notice, Question
from firmware_emu.storage.vault import Cost, Vault
from signer.errors import Malformed
from signer.keys.scratch import Scratch
from signer.keys.seeds.seed_words import SeedWords

_BROKEN = Fault(FaultCode.BAD_PARAMETERS, "The words of the code do not fit together.")
_DECLINED = Fault(FaultCode.DECLINED, "The person said no.")
_NOT_LOADED = Notice("Not loaded", ("Nothing of the code was kept.",))


def load_seed(
    command: LoadSeed | OpenEnvelope, vault: Vault, cost: Cost | None, pool: EntropyPool
) -> Flow[RequestOutcome]:
    """A sealed seed and an unlocked device. Raises Declined; until the end nothing is kept."""
    held_up, origin, warning = yield from _held_up(command)
    with held_up as words, Scratch() as scratch:
        try:
            entropy = scratch.owned(words.entropy())
        except Malformed as error:
            return RequestOutcome(_BROKEN, Notice("Not a seed", (str(error), "Nothing was kept.")))
        # A code of another seed looks the same: the fingerprint is read before it is kept (T65).
        question = Question("Load this seed?", _facts(words, origin, warning), "load", hold=True)
        if not isinstance((yield question), Acknowledged):
            return RequestOutcome(_DECLINED, _NOT_LOADED)
        yield from keep(entropy, vault, cost, pool)
    return RequestOutcome(Done())


def _held_up(command: LoadSeed | OpenEnvelope) -> Flow[tuple[SeedWords, str, str]]:
    """The words, where they came from, and what a person should know. Raises Declined."""
    match command:
        case LoadSeed(words, form):
            return words, f"as a {form}", "Whoever saw this code has your coins."
        case OpenEnvelope(envelope):
            words = yield from open_envelope(envelope)
            return words, "out of an encrypted code", "Who knows its password has your coins."


def _facts(words: SeedWords, origin: str, warning: str) -> tuple[str, ...]:
    keys = keyring(words.entropy())
    fingerprint = keys.fingerprint.hex()
    keys.wipe()
    return f"{len(words)} words, {origin}.", f"Fingerprint {fingerprint}", warning
