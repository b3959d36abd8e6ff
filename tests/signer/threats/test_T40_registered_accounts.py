"""An account of several keys is believed as it was read on our screen, and in no other form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, Malformed, Refused
from signer.review import Origin, Shape
from tests import psbts
from tests.psbts import OTHER, THIRD, Vault, complete, draft, keyring, refusal, review, vault

TEMPLATES = (
    "wsh(sortedmulti(2,@0/**,@1/**))",
    "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
    "sh(sortedmulti(2,@0/**,@1/**))",
    "tr(@0/**,pk(@1/**))",
    "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(144))))",
)


def ours(template: str = TEMPLATES[0]) -> Vault:
    return vault(template, keyring(), keyring(OTHER))


@pytest.mark.parametrize("template", TEMPLATES)
def test_coins_of_an_account_that_is_not_registered_are_refused(template: str) -> None:
    made = draft(ours(template), 2)
    assert refusal(made, keyring()) is BitcoinReason.NOT_REGISTERED
    other = vault(template, keyring(), keyring(THIRD)).record(keyring())
    assert refusal(made, keyring(), "regtest", [other]) is BitcoinReason.NOT_REGISTERED


@pytest.mark.parametrize("template", TEMPLATES)
def test_coins_of_a_registered_account_are_signed(template: str) -> None:
    account = ours(template)
    complete(draft(account, 2), account)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_swapped_cosigner_is_another_account(template: str) -> None:
    """The request names a stranger's key in every field, and our true key beside it."""
    registered = ours(template).record(keyring())
    made = draft(vault(template, keyring(), keyring(THIRD)))
    assert refusal(made, keyring(), "regtest", [registered]) is BitcoinReason.NOT_REGISTERED


def test_the_record_of_another_seed_is_refused() -> None:
    theirs = ours().record(keyring(OTHER))
    for use in (
        lambda: POLICY_ACCOUNTS.registered(theirs, keyring()),
        lambda: POLICY_ACCOUNTS.policy_address(theirs, keyring(), 0, 0, "regtest"),
        lambda: review(draft(ours()).encode(), keyring(), "regtest", [theirs]),
        # Beside a payment that needs no record, too: whoever keeps them has been tampered with.
        lambda: review(draft(keyring()).encode(), keyring(), "regtest", [theirs]),
    ):
        with pytest.raises(Refused) as refused:
            use()
        assert refused.value.reason is BitcoinReason.RECORD_NOT_OURS


def test_no_edited_record_passes() -> None:
    record = ours().record(keyring())
    edited = [bytes((*record[:i], record[i] ^ 1, *record[i + 1 :])) for i in range(len(record))]
    for bent in (*edited, record[:-1], record + b"\x00", record[:31], b"", bytes(len(record))):
        with pytest.raises(Refused) as refused:
            POLICY_ACCOUNTS.registered(bent, keyring())
        assert refused.value.reason is BitcoinReason.RECORD_NOT_OURS


@given(st.binary(max_size=200))
def test_garbage_is_no_record(garbage: bytes) -> None:
    with pytest.raises(Refused) as refused:
        POLICY_ACCOUNTS.registered(garbage, keyring())
    assert refused.value.reason is BitcoinReason.RECORD_NOT_OURS


def test_a_mac_of_another_purpose_is_no_record() -> None:
    """Whatever else the key of the MACs may come to authenticate is not a policy."""
    encoded = ours().policy.encode()
    with pytest.raises(Refused):
        POLICY_ACCOUNTS.registered(keyring().authenticate(encoded) + encoded, keyring())


def test_a_record_is_the_same_each_time() -> None:
    assert ours().record(keyring()) == ours().record(keyring())


def test_the_record_holds_what_was_registered() -> None:
    account = ours(TEMPLATES[3])
    read = POLICY_ACCOUNTS.registered(account.record(keyring()), keyring()).policy
    assert read == account.policy


def test_every_key_is_shown_whole_and_ours_is_marked() -> None:
    account = vault(
        "wsh(sortedmulti(2,@0/**,@1/**,@2/**))", *map(keyring, (OTHER, psbts.ABANDON, THIRD))
    )
    pages = registration(account)
    keys = {page.title: page for page in pages if page.title.startswith("Key ")}
    assert list(keys) == ["Key 1 of 3", "Key 2 of 3", "Key 3 of 3"]
    for number, page in enumerate(keys.values()):
        facts = {fact.label: fact for fact in page.facts}
        key = account.policy.keys[number]
        assert facts["key"].value == key.xpub.encode(account.policy.network.xpub)
        assert facts["key"].shape is Shape.ADDRESS
        assert facts["fingerprint"].value == key.fingerprint.hex()
        assert facts["path"].value == "48h/1h/0h/2h"
        assert (facts[""].value == "Your key. This device derives it: correct.") is (number == 1)
        assert {fact.origin for fact in page.facts} == {
            Origin.DERIVED if number == 1 else Origin.SIGNED
        }


def registration(account: Vault) -> tuple[psbts.Page, ...]:
    texts = [key.render(account.policy.network) for key in account.policy.keys]
    read = account.policy
    return POLICY_ACCOUNTS.registration(read.name, read.template, texts, keyring(), "regtest").pages


def test_the_name_is_the_hosts_word_and_marked_as_such() -> None:
    [name] = [f for p in registration(ours()) for f in p.facts if f.value == "Vault"]
    assert name.origin is Origin.HOST


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "caf\u00e9", "\u202egpj", "x" * 65])
def test_a_name_that_could_mislead_is_malformed(name: str) -> None:
    keys = [psbts.key_text(keyring()), psbts.key_text(keyring(OTHER))]
    with pytest.raises(Malformed):
        POLICY_ACCOUNTS.registration(name, TEMPLATES[0], keys, keyring(), "regtest")


def test_an_account_without_us_is_refused() -> None:
    keys = [psbts.key_text(keyring(THIRD)), psbts.key_text(keyring(OTHER))]
    with pytest.raises(Refused) as refused:
        POLICY_ACCOUNTS.registration("Vault", TEMPLATES[0], keys, keyring(), "regtest")
    assert refused.value.reason is BitcoinReason.POLICY_WITHOUT_US


def test_a_key_that_only_says_it_is_ours_is_refused() -> None:
    """Our fingerprint and path in front of a stranger's key."""
    theirs = psbts.key_text(keyring(OTHER)).replace(
        keyring(OTHER).fingerprint.hex(), keyring().fingerprint.hex()
    )
    for keys in ([theirs, psbts.key_text(keyring(THIRD))], [theirs, psbts.key_text(keyring())]):
        with pytest.raises(Refused) as refused:
            POLICY_ACCOUNTS.registration("Vault", TEMPLATES[0], keys, keyring(), "regtest")
        assert refused.value.reason is BitcoinReason.FALSE_KEY


def test_nothing_is_registered_before_every_page_was_read() -> None:
    keys = [psbts.key_text(keyring()), psbts.key_text(keyring(OTHER))]
    asked = POLICY_ACCOUNTS.registration("Vault", TEMPLATES[0], keys, keyring(), "regtest")
    with pytest.raises(Refused) as refused:
        asked.approve(asked.pages[:-1])
    assert refused.value.reason is CommonReason.NOT_ALL_PAGES_SHOWN
    with pytest.raises(Refused) as wrong:
        POLICY_ACCOUNTS.register(asked.approve(asked.pages), keyring(OTHER))
    assert wrong.value.reason is CommonReason.WRONG_KEYS


@pytest.mark.parametrize("wanted", [(0,), (1,), (0, 1)])
def test_of_several_keys_of_ours_in_one_script_those_sign_that_the_request_names(
    wanted: tuple[int, ...],
) -> None:
    """Another of them may open a condition that nobody asked for: here, one without the delay."""
    template = "wsh(or_d(pk(@0/**),and_v(v:pk(@0/<2;3>/*),older(144))))"
    both = psbts.vault(template, keyring())
    made = draft(both)
    hints = [record for record in made.ins[0].records if record[0][0] == 0x06]
    made.ins[0].drop(0x06)
    made.ins[0].records += [hints[number] for number in wanted]
    signed = psbts.sign_part(made.encode(), keyring(), "regtest", [both.record(keyring())])
    added = container.parse(signed).inputs[0].records_of(0x02)
    assert {key for key, _ in added} == {hints[number][0][1:] for number in wanted}
