"""A payment of another seed in memory: the person is asked, and nothing is guessed."""

from firmware_emu.commands import Sign
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, Pause, RequestOutcome, Unlocked
from firmware_emu.flows.requests.sign import sign
from firmware_emu.screens.notice import Acknowledged, Question, Wait
from firmware_emu.storage import account_store, history_store, seed_records
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.errors import Malformed, NothingToSign, Refused
from signer.keys.keyring import Keyring


def sign_by_owner(
    command: Sign,
    vault: Vault,
    present: Keyring,
    seeds: tuple[Unlocked, ...],
    pool: EntropyPool,
) -> Flow[RequestOutcome]:
    """As `sign`, by the keys in use; by others in memory if a person says so (threat T133).

    Raises Declined, and as the chain does.
    """
    others = [keys for keys in seeds if keys.keyring is not present]
    if others:
        yield Pause(Wait("Reading the payment."))
    if others and not _can_sign(command, vault, present):
        for keys in others:
            records = vault.of_keys(seed_records.tag_of(keys.keyring))
            if not _can_sign(command, records, keys.keyring):
                continue
            if isinstance((yield _question(present, keys)), Acknowledged):
                yield keys
                return (yield from sign(command, records, keys.keyring, pool))
            break
    return (yield from sign(command, vault, present, pool))


def _question(present: Keyring, keys: Unlocked) -> Question:
    fingerprint = keys.keyring.fingerprint.hex()
    facts = (f"Now {present.fingerprint.hex()}", f"The payment is of {fingerprint}.")
    return Question("Use another seed?", facts, yes="use")


def _can_sign(command: Sign, vault: Vault, keyring: Keyring) -> bool:
    chain = chains.load(command.chain)
    records = (*account_store.load(vault, keyring).records(command.chain), *command.records)
    history = history_store.load(vault, keyring).of_chain(command.chain)
    try:
        chain.review(command.payload, keyring, command.network, records, history=history)
    except (Malformed, Refused, NothingToSign):
        return False
    return True
