"""Jobs: what each kind of coin has us sign, and under which key it must hold."""

import pytest

from signer.chains.bitcoin.accounts.account import single_key_spend_data
from signer.chains.bitcoin.payment import signing as module
from signer.chains.bitcoin.payment.signing import SpendPath, is_legacy, script_code
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.hashes import hash160
from tests import psbts
from tests.psbts import OTHER, Vault, draft, keyring, review, vault

KEY = keyring().public_key(psbts.path())


def of_payment(made: psbts.Draft, *accounts: Vault) -> list[module.SigningTask]:
    records = [account.record(keyring()) for account in accounts]
    spend = review(made.encode(), keyring(), "regtest", records).subject
    return list(spend.inputs[0].tasks)


@pytest.mark.parametrize("kind", psbts.KINDS)
def test_a_coin_of_one_key_is_one_job(kind: str) -> None:
    where = psbts.path(kind)
    [job] = of_payment(draft(keyring(), 1, kind))
    public = keyring().public_key(where)
    assert job.path == where
    if kind == "tr":
        assert (job.spend_path, job.public_key) == (
            SpendPath.KEY_PATH,
            psbts.lock(keyring(), where)[2:],
        )
    else:
        assert (job.spend_path, job.public_key) == (SpendPath.ECDSA, public)
        assert (job.tree, job.leaf_hash, job.internal_key) == (b"", b"", b"")


def test_a_coin_that_holds_us_twice_is_two_jobs() -> None:
    twice = vault("wsh(multi(2,@0/**,@0/<2;3>/*))", keyring())
    made = of_payment(draft(twice), twice)
    assert [job.path[-2:] for job in made] == [(0, 0), (2, 0)]
    assert {job.digest for job in made} == {made[0].digest}


def test_key_path_and_leaf_sign_different_digests() -> None:
    both = vault("tr(@0/**,pk(@0/<2;3>/*))", keyring())
    key_path, leaf = of_payment(draft(both), both)
    assert (key_path.spend_path, leaf.spend_path) == (SpendPath.KEY_PATH, SpendPath.LEAF)
    assert key_path.digest != leaf.digest
    assert key_path.tree == both.policy.spend_data(0, 0).merkle_root
    assert leaf.leaf_hash == both.policy.spend_data(0, 0).leaves[0].hash
    psbts.complete(draft(both), both)


@pytest.mark.parametrize(
    ("kind", "legacy", "code"),
    [
        (ScriptType.P2PKH, True, script.p2pkh(hash160(KEY))),
        (ScriptType.P2SH, False, script.p2pkh(hash160(KEY))),
        (ScriptType.P2WPKH, False, script.p2pkh(hash160(KEY))),
    ],
)
def test_the_script_code_of_one_key_is_that_of_p2pkh(
    kind: ScriptType, legacy: bool, code: bytes
) -> None:
    lock = single_key_spend_data(kind, KEY)
    assert is_legacy(lock) is legacy
    assert script_code(lock) == code


@pytest.mark.parametrize(
    ("template", "legacy"),
    [
        ("sh(multi(2,@0/**,@1/**))", True),
        ("wsh(multi(2,@0/**,@1/**))", False),
        ("sh(wsh(multi(2,@0/**,@1/**)))", False),
    ],
)
def test_the_script_code_of_several_keys_is_the_innermost_script(
    template: str, legacy: bool
) -> None:
    lock = vault(template, keyring(), keyring(OTHER)).policy.spend_data(0, 0)
    assert is_legacy(lock) is legacy
    assert script_code(lock) == (lock.redeem_script if legacy else lock.witness_script)
