"""What a person reads before an account is registered."""

import pytest

from signer.chains.bitcoin import CHAIN, POLICY_ACCOUNTS
from signer.chains.bitcoin.descriptors.spend_data import NUMS
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed, Refused
from signer.formats.words.digest_words import digest_words
from signer.keys.extended import ExtendedPublicKey
from signer.review import Kind
from tests import psbts
from tests.psbts import OTHER, THIRD, keyring, text

KEYS = [psbts.key_text(keyring(words)) for words in (psbts.ABANDON, OTHER, THIRD)]


def shown(template: str, keys: list[str] | None = None) -> str:
    count = template.count("/")
    used = KEYS[: len({part[0] for part in template.split("@")[1:]})] if keys is None else keys
    assert count
    return text(POLICY_ACCOUNTS.registration("Vault", template, used, keyring(), "regtest").pages)


def test_an_ordinary_account_reads_like_this() -> None:
    keys = keyring()
    asked = POLICY_ACCOUNTS.registration(
        "Vault", "wsh(sortedmulti(2,@0/**,@1/**))", KEYS[:2], keys, "regtest"
    )
    mine, theirs = (key.split("]")[1] for key in KEYS[:2])
    assert text(asked.pages) == (
        "[Register account]\nname Vault\n2 of 2 keys, sorted, native segwit\nKeys 2, yours: 1\n"
        "Network regtest\n"
        "[Spending paths]\nPath 1 key 1 (yours) and key 2\n"
        "[Template]\nwsh(sortedmulti(2,@0/**,@1/**))\nSteps of every key: <0;1>\n"
        "[Key 1 of 2]\nYour key. This device derives it: correct.\nfingerprint 73c5da0a\n"
        f"path 48h/1h/0h/2h\nkey {mine}\n"
        "[Key 2 of 2]\nCompare it with its owner's device.\n"
        f"fingerprint {keyring(OTHER).fingerprint.hex()}\npath 48h/1h/0h/2h\nkey {theirs}\n"
        "[Details]\nFrom now on this device signs for this account.\n"
        f"Back up this account's descriptor. Your seed words cannot restore it.\n"
        f"Account id {asked.subject.id.hex()[:16]}\nDigest {asked.digest.hex()}"
    )
    assert asked.words == digest_words(asked.subject.encode())


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("wsh(multi(2,@0/**,@1/**,@2/**))", "2 of 3 keys, in this order, native segwit"),
        ("sh(wsh(sortedmulti(2,@0/**,@1/**)))", "2 of 2 keys, sorted, nested segwit"),
        ("sh(sortedmulti(2,@0/**,@1/**))", "2 of 2 keys, sorted, legacy"),
        ("pkh(@0/**)", "one key, legacy"),
        ("sh(wpkh(@0/**))", "one key, nested segwit"),
        ("wpkh(@0/**)", "one key, native segwit"),
        ("tr(@0/**)", "taproot, 0 scripts"),
        ("tr(@0/**,pk(@1/**))", "taproot, 1 script"),
        ("tr(@0/**,{pk(@1/**),pk(@2/**)})", "taproot, 2 scripts"),
        ("wsh(or_d(pk(@0/**),and_v(v:pk(@1/**),older(9))))", "conditions, native segwit"),
        ("sh(wsh(or_d(pk(@0/**),and_v(v:pk(@1/**),older(9)))))", "conditions, nested segwit"),
    ],
)
def test_the_kind_of_an_account_is_one_line(template: str, said: str) -> None:
    assert f"\n{said}\n" in shown(template)


@pytest.mark.parametrize(
    "template",
    [
        "wpkh(@0/**)",
        "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
        "tr(@0/**,pk(@1/**))",
        "wsh(or_d(pk(@0/**),and_v(v:pk(@1/**),older(9))))",
    ],
)
def test_the_template_of_every_account_is_shown_as_it_is(template: str) -> None:
    assert f"[Template]\n{template}\n" in shown(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("wpkh(@0/**)", ["key 1 (yours)"]),
        ("tr(@0/**,pk(@1/**))", ["key 1 (yours)", "key 2"]),
        (
            "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(52560))))",
            [
                "key 1 (yours)",
                "key 2, after the coin has been still for 52 560 blocks (about 1 year)",
            ],
        ),
        (
            "wsh(andor(pk(@0/**),older(4194305),and_v(v:multi(1,@1/**,@2/**),after(500000))))",
            [
                "key 1 (yours), after the coin has been still for 512 seconds (about 8.5 minutes)",
                "1 of [key 2; key 3] and block 500 000 reached",
            ],
        ),
        (
            "wsh(thresh(2,pk(@0/**),s:pk(@1/**),sln:after(1700000000)))",
            ["2 of [key 1 (yours); key 2; 2023-11-14 22:13:20 UTC reached]"],
        ),
        (
            f"tr(@0/**,and_v(v:sha256({'ab' * 32}),pk(@1/**)))",
            ["key 1 (yours)", f"key 2 and the secret whose sha256 is {'ab' * 32}"],
        ),
    ],
)
def test_each_path_to_spend_is_said_in_words(template: str, said: list[str]) -> None:
    numbered = [line for line in shown(template).splitlines() if line.startswith("Path ")]
    assert numbered == [f"Path {n} {path}" for n, path in enumerate(said, 1)]


def test_all_keys_of_ours_are_numbered() -> None:
    keys = [KEYS[1], psbts.key_text(keyring(), "m/48h/1h/1h/2h"), KEYS[0]]
    assert "Keys 3, yours: 2, 3" in shown("wsh(multi(2,@0/**,@1/**,@2/**))", keys)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("tr(musig(@0,@1)/**)", "all of 2 keys sign: [key 1 (yours) with key 2]"),
        ("tr(musig(@0,@1,@2)/**)", "all of 3 keys sign: [key 1 (yours) with key 2 with key 3]"),
        ("tr(@0/**,pk(musig(@0,@1)/**))", "all of 2 keys sign: [key 1 (yours) with key 2]"),
        ("tr(@0/**,pk(musig(@1,@2)/**))", "all of 2 keys sign: [key 2 with key 3]"),
    ],
)
def test_who_signs_together_is_said(template: str, said: str) -> None:
    assert f"\nTogether {said}\n" in shown(template)


def test_keys_of_another_network_are_refused() -> None:
    own = psbts.key_text(keyring(), "m/48h/0h/0h/2h")
    with pytest.raises(Refused) as refused:
        shown("wsh(multi(2,@0/**,@1/**))", [own, KEYS[1]])
    assert refused.value.reason is BitcoinReason.WRONG_NETWORK


def test_a_key_without_its_origin_is_not_recognised_as_ours() -> None:
    with pytest.raises(Refused) as refused:
        shown("wsh(multi(2,@0/**,@1/**))", [KEYS[0].split("]")[1], KEYS[1]])
    assert refused.value.reason is BitcoinReason.POLICY_WITHOUT_US
    assert "names this device" in str(refused.value)  # whose it is cannot be said


def test_the_master_key_is_no_account() -> None:
    master = f"[{keyring().fingerprint.hex()}]{CHAIN.xpub(keyring(), (), 'regtest')}"
    with pytest.raises(Refused):
        shown("wsh(multi(2,@0/**,@1/**))", [master, KEYS[1]])


@pytest.mark.parametrize("template", ["", "wsh(", "wpkh(@1/**)", "pk(@0/**)", "raw(51)"])
def test_what_is_no_policy_is_malformed(template: str) -> None:
    with pytest.raises(Malformed):
        POLICY_ACCOUNTS.registration("Vault", template, KEYS[:1], keyring(), "regtest")


def test_warnings_come_first() -> None:
    asked = POLICY_ACCOUNTS.registration(
        "Vault", "tr(@0/<2;3>/*,pk(@1/**))", KEYS[1::-1], keyring(), "regtest"
    )
    kinds = [page.kind for page in asked.pages]
    assert kinds == [*[Kind.WARNING] * 3, Kind.OVERVIEW, *[Kind.DETAIL] * 5]


def test_an_account_that_nobody_could_spend_from_is_malformed() -> None:
    """A key below NUMS has no private key, wherever it stands."""
    nobody = ExtendedPublicKey(0, bytes(4), 0, bytes(32), b"\x02" + NUMS)
    keys = [KEYS[0], nobody.encode(NETWORKS["regtest"].xpub)]
    with pytest.raises(Malformed, match="Nobody could spend"):
        shown("wsh(multi(2,@0/**,@1/**))", keys)
    assert "\nPath 1 key 1 (yours)\n[Template]" in shown("wsh(multi(1,@0/**,@1/**))", keys)
