"""Jade's published sign_psbt cases: the same bytes out, or a refusal that is meant.

Accounts of several keys are registered first, from what the case itself says about their keys.
"""

import base64
import json
from dataclasses import dataclass

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.formats import base58
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, render
from tests import kernel
from tests.psbts import key_text, keyring, refusal, sign_part
from tests.signer.published import shared

# The public test seeds of the cases.
WALLETS = {
    "ss": "paddle puppy easily actor poet apart screen drastic city front predict damp",
    "tm": "fish inner face ginger orchard permit useful method fence kidney chuckle party favorite"
    " sunset draw limb science crane oval letter slot invite sadness banana",
}
JADE_NETWORKS = {"localtest": "regtest"}

# What is refused, and why.
REFUSED = {
    # Handed back unchanged, as Jade does.
    "psbt_ss_not_us": BitcoinReason.NOTHING_OURS,
    "psbt_ss_p2wpkh_already_signed": BitcoinReason.NOTHING_TO_SIGN,
    # Accounts with a service whose keys have 33 steps and no account of their own: no policy.
    "psbt_tm_green_multisig_2of2csv": BitcoinReason.NOT_REGISTERED,
    "psbt_tm_green_multisig_2of3": BitcoinReason.NOT_REGISTERED,
    "psbt_tm_green_multisig_2of3_recovery_signing": BitcoinReason.NOTHING_OURS,
    "psbt_tm_green_multisig_2of3_recovery_signing_full_path": BitcoinReason.NOT_REGISTERED,
    # Mainnet requests for coins below coin type 1: signed as testnet requests, see below.
    "psbt_tm_multisig_segwit_many_inputs": BitcoinReason.WRONG_NETWORK,
    "psbt_tm_multisig_partial_segwit": BitcoinReason.WRONG_NETWORK,
}
ACROSS = {name for name, reason in REFUSED.items() if reason is BitcoinReason.WRONG_NETWORK}
SINGLE = {
    "psbt_ss_p2pkh",
    "psbt_ss_p2sh_p2wpkh",
    "psbt_ss_p2tr_default_all",
    "psbt_ss_p2wpkh",
    "psbt_ss_p2wpkh_spend_coinbase",
    "psbt_tm_p2sh_segwit",
    "psbt_tm_segwit",
}
# Accounts of two keys. Those of the first wallet belong to both seeds; the others name their keys.
SEVERAL = {
    "psbt_ss_p2sh_multisig": "sh(sortedmulti(2,@0/**,@1/**))",
    "psbt_ss_p2sh_p2wsh_multisig": "sh(wsh(multi(2,@0/**,@1/**)))",
    "psbt_ss_p2wsh_multisig": "wsh(sortedmulti(2,@0/**,@1/**))",
    "psbt_tm_multisig_p2sh_segwit": "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
    "psbt_tm_multisig_partial_p2sh_segwit": "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
    "psbt_tm_multisig_segwit": "wsh(sortedmulti(2,@0/**,@1/**))",
    "psbt_tm_multisig_segwit_many_inputs_2": "wsh(sortedmulti(2,@0/**,@1/**))",
    "psbt_tm_multisig_partial_segwit": "wsh(sortedmulti(2,@0/**,@1/**))",
}


@dataclass(frozen=True)
class Case:
    keys: Keyring
    network: str
    asked: bytes
    answered: bytes


def case_of(name: str) -> Case:
    data = json.loads(shared(f"jade/{name}.json").read_text())
    network = data["input"]["network"]
    return Case(
        keyring(WALLETS[name.split("_")[1]]),
        "testnet" if name in ACROSS else JADE_NETWORKS.get(network, network),
        base64.b64decode(data["input"]["psbt"]),
        base64.b64decode(data["expected_output"]["psbt"]),
    )


def record(name: str, case: Case) -> bytes:
    """The account of a case, registered."""
    texts = list(_named(case)) or [
        key_text(keyring(words), "m/84h/1h/0h", case.network) for words in WALLETS.values()
    ]
    asked = POLICY_ACCOUNTS.registration(name, SEVERAL[name], texts, case.keys, case.network)
    return POLICY_ACCOUNTS.register(asked.approve(asked.pages), case.keys)


def _named(case: Case) -> list[str]:
    found = []
    for xpub, origin in container.parse(case.asked).globals.records_of(fields.GLOBAL_XPUB):
        steps = [int.from_bytes(origin[i : i + 4], "little") for i in range(4, len(origin), 4)]
        where = render(tuple(steps)).removeprefix("m")
        body = base58.encode_check(NETWORKS[case.network].xpub + xpub[4:])
        found.append(f"[{origin[:4].hex()}{where}]{body}")
    return found


OPEN = "psbt_ss_p2pkh_v2"
SIGNED = {*SINGLE, *ACROSS, *SEVERAL}


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_what_jade_signs_is_signed_byte_for_byte(name: str) -> None:
    case = case_of(name)
    records = [record(name, case)] if name in SEVERAL else []
    signed = sign_part(case.asked, case.keys, case.network, records)
    assert signed == case.answered
    if name not in SEVERAL or all(
        len(one.records_of(0x02)) == 2 for one in container.parse(signed).inputs
    ):
        kernel.check(signed)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_on_purpose(name: str) -> None:
    case = case_of(name)
    data = json.loads(shared(f"jade/{name}.json").read_text())
    network = data["input"]["network"]
    records = [record(name, case)] if name in SEVERAL and name not in ACROSS else []
    asked_on = JADE_NETWORKS.get(network, network)
    assert refusal(case.asked, case.keys, asked_on, records) is REFUSED[name]


def test_a_payment_that_is_open_to_changes_is_signed_as_jade_signs_it_and_closed() -> None:
    """Jade leaves the marks as they are, which BIP370 does not."""
    case = case_of(OPEN)
    open_to_all, closed = b"\x01\x06\x01\x03", b"\x01\x06\x01\x00"
    signed = sign_part(case.asked, case.keys, case.network)
    assert case.answered.count(open_to_all) == 1
    assert signed == case.answered.replace(open_to_all, closed)
    kernel.check(signed)


@pytest.mark.parametrize("name", sorted({*SEVERAL} - ACROSS))
def test_several_keys_are_refused_until_their_account_is_registered(name: str) -> None:
    case = case_of(name)
    assert refusal(case.asked, case.keys, case.network) is BitcoinReason.NOT_REGISTERED


def test_no_published_case_is_forgotten() -> None:
    manifest = json.loads(shared("jade/MANIFEST.json").read_text())
    all_cases = {c["file"].removesuffix(".json") for c in manifest if c["rpc"] == "sign_psbt"}
    assert all_cases == {*SINGLE, *SEVERAL, *REFUSED, OPEN}


def test_the_coin_type_is_what_tells_the_networks_apart() -> None:
    """Why the two cases across networks are refused: their keys belong to test coins."""
    for name in ACROSS:
        case = case_of(name)
        hints = [o for one in container.parse(case.asked).inputs for _, o in one.records_of(0x06)]
        ours = {o[8:12] for o in hints if o[:4] == case.keys.fingerprint}
        assert ours == {(1 + HARDENED).to_bytes(4, "little")}
