"""Signed messages (BIP137, BIP322): what strangers published, and what Core's engine accepts."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import replace

import pytest

from signer.chains.bitcoin import BITCOIN, CHAIN
from signer.chains.bitcoin.accounts.account import (
    AccountIndex,
    SingleKeyAccount,
    single_key_spend_data,
)
from signer.chains.bitcoin.messages import bip322
from signer.chains.bitcoin.messages.bip322 import Timing
from signer.chains.bitcoin.messages.message import (
    AddressMessage,
    KeyMessage,
    MessageFormat,
    SignedMessage,
    address_message,
    sign,
)
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import Tx, TxOutput, parse
from signer.errors import Malformed, Refused
from signer.formats import base58
from signer.formats.cursor import Cursor
from signer.hashes import double_sha256
from signer.keys import curve
from signer.keys.path import Path
from signer.keys.path import parse as parse_path
from signer.review import Review
from tests import kernel
from tests.psbts import KINDS, OTHER, keyring, path, text, vault
from tests.signer.published import own, shared

# The wallet of Jade's own published tests (its words are in the public test-suite).
JADE = (
    "fish inner face ginger orchard permit useful method fence kidney chuckle party "
    "favorite sunset draw limb science crane oval letter slot invite sadness banana"
)
MAINNET = NETWORKS["mainnet"]


def signed(review: Review[KeyMessage] | Review[AddressMessage]) -> SignedMessage:
    return CHAIN.sign_message(review.approve(review.pages), keyring())  # type: ignore[arg-type]


def written(made: SignedMessage) -> str:
    return made.form.value + b64encode(made.data).decode()


def is_valid(message: str, script_pubkey: bytes, signature: str) -> bool:
    """What a verifier asks (BIP322, Verification), with Bitcoin Core's engine for the scripts."""
    prefix, body = signature[:3], signature[3:]
    spent = bip322.to_spend(message.encode(), script_pubkey)
    try:
        data = b64decode(body, validate=True)
        tx = parse(data) if prefix == "ful" else _of_witness(spent, data)
    except (NotBase64, Malformed):
        return False
    bare = Tx(tx.version, (replace(tx.inputs[0], script_sig=b"", witness=()),), tx.outputs, 0)
    timing = Timing(tx.locktime, tx.inputs[0].sequence)
    if replace(bare, locktime=tx.locktime) != bip322.to_sign(spent, timing):
        return False
    return kernel.verdicts(tx.encode_signed(), [TxOutput(0, script_pubkey)]) == [True]


def _of_witness(spent: Tx, data: bytes) -> Tx:
    cursor = Cursor(data)
    stack = tuple(cursor.blob() for _ in range(cursor.compact()))
    cursor.end()
    unsigned = bip322.to_sign(spent, Timing())
    return replace(unsigned, inputs=(replace(unsigned.inputs[0], witness=stack),))


def published(*groups: str) -> list[dict[str, object]]:
    names = ("basic", "generated")
    files = [json.loads(shared(f"bip322/{n}-test-vectors.json").read_text()) for n in names]
    return [case for group in groups for file in files for case in file.get(group, [])]


def test_the_published_hashes_of_messages_and_transactions_are_ours() -> None:
    cases = own("bip322")["tx_hashes"]
    for case in cases:
        message = case["message"].encode()
        script_pubkey = address.parse(case["address"], MAINNET)
        spent = bip322.to_spend(message, script_pubkey)
        assert bip322.message_hash(message).hex() == case["message_hash"]
        assert spent.txid[::-1].hex() == case["to_spend_tx_hash"]
        assert bip322.to_sign(spent, Timing()).txid[::-1].hex() == case["to_sign_tx_hash"]


def test_every_published_signature_holds_for_our_transactions() -> None:
    """The 18 simple and full ones: our two transactions are those that were signed."""
    cases = published("simple", "full")
    assert len(cases) == 18
    for case in cases:
        script_pubkey = address.parse(str(case["address"]), MAINNET)
        for signature in list(case["bip322_signatures"]):  # type: ignore[call-overload]
            # One of them is older than the prefixes; without one it is a simple signature.
            prefixed = signature if signature[:3] in {"smp", "ful"} else f"smp{signature}"
            assert is_valid(str(case["message"]), script_pubkey, prefixed), case["address"]


def test_no_published_wrong_signature_holds() -> None:
    cases = published("error")
    assert len(cases) == 36
    for case in cases:
        script_pubkey = address.parse(str(case["address"]), MAINNET)
        valid = is_valid(str(case["message"]), script_pubkey, str(case["signature"]))
        assert not valid, case["description"]


class OnlyKey:
    """A keyring of one published private key, which stands at every path."""

    def __init__(self, wif: str) -> None:
        self.secret = bytearray(base58.decode_check(wif)[1:33])
        self.public = curve.public_key(self.secret)
        self.fingerprint = bytes(4)

    def sign_ecdsa(self, _: Path, digest: bytes, public: bytes) -> bytes:
        return curve.sign_ecdsa(self.secret, digest, public)

    def sign_schnorr(
        self, _: Path, digest: bytes, root: bytes, public: bytes, output_key: bytes
    ) -> bytes:
        return curve.sign_taproot(self.secret, digest, public, output_key, root)


TYPES = {
    "p2pkh": ScriptType.P2PKH,
    "p2wpkh": ScriptType.P2WPKH,
    "p2sh-p2wpkh": ScriptType.P2SH,
    "p2tr": ScriptType.P2TR,
}


def has_high_r(signature: str) -> bool:
    """Whether the first number of the ECDSA signature in it takes 33 bytes."""
    return b"\x02\x21\x00" in b64decode(signature[3:])[:120]


def test_messages_signed_with_the_published_keys_are_the_published_ones() -> None:
    """Byte for byte, but where the other signer took a nonce with a high R: that takes a byte more.

    Ten of the published ones have a single key. BIP322 leaves the nonce open.
    """
    same = []
    for case in published("simple", "full"):
        if case["type"] not in TYPES:
            continue
        kind = TYPES[str(case["type"])]
        key = OnlyKey(next(iter(case["private_keys"])))  # type: ignore[call-overload]
        lock = single_key_spend_data(kind, key.public)
        place = AccountIndex(SingleKeyAccount(kind, (0,)), 0, 0, lock, ((0, 0, 0),))
        locks = [int(str(case.get(name) or 0)) for name in ("lock_time", "sequence")]
        asked = address_message(str(case["message"]), place, key, MAINNET, Timing(*locks))  # type: ignore[arg-type]
        ours = written(sign(asked.subject, key))  # type: ignore[arg-type]
        assert is_valid(str(case["message"]), lock.script_pubkey, ours)
        theirs = list(case["bip322_signatures"])  # type: ignore[call-overload]
        same.append(ours in theirs)
        assert ours in theirs or lock.internal_key or has_high_r(theirs[0])
    assert (len(same), sum(same)) == (9, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_of_each_kind_of_address_holds_for_that_address(kind: str) -> None:
    review = BITCOIN.statement("I was here.", path(kind), kind, keyring(), "regtest")
    made = signed(review)
    shown, _ = CHAIN.address(keyring(), path(kind), kind, "regtest")
    assert made.form is (MessageFormat.SIMPLE if kind in {"wpkh", "tr"} else MessageFormat.FULL)
    assert shown in text(review.pages)
    script_pubkey = address.parse(shown, NETWORKS["regtest"])
    assert is_valid("I was here.", script_pubkey, written(made))
    assert not is_valid("I was there.", script_pubkey, written(made))


def test_a_message_under_a_lock_says_when_and_is_written_in_full() -> None:
    timing = Timing(locktime=2016, sequence=144)
    review = BITCOIN.statement("Later.", path(), "wpkh", keyring(), "regtest", timing)
    made = signed(review)
    assert "locktime 2016" in text(review.pages)
    assert "sequence 144" in text(review.pages)
    assert made.form is MessageFormat.FULL
    assert parse(made.data).version == 2


@pytest.mark.parametrize("timing", [Timing(locktime=2016), Timing(sequence=144)])
def test_a_message_under_either_lock_is_written_in_full(timing: Timing) -> None:
    made = signed(BITCOIN.statement("Later.", path(), "wpkh", keyring(), "regtest", timing))
    script_pubkey = single_key_spend_data(
        ScriptType.P2WPKH, keyring().public_key(path())
    ).script_pubkey
    assert made.form is MessageFormat.FULL
    assert is_valid("Later.", script_pubkey, written(made))


@pytest.mark.parametrize("leaf", ["pk(@0/<2;3>/*)", "and_v(v:pkh(@0/<2;3>/*),older(9))"])
def test_a_message_is_signed_in_each_leaf_that_holds_our_key_and_in_no_other(leaf: str) -> None:
    two = vault(f"tr(@0/**,{{pk(@1/**),{leaf}}})", keyring(), keyring(OTHER))
    record = two.record(keyring())
    review = BITCOIN.policy_statement("We agree.", record, (0, 5), keyring(), "regtest")
    records = container.parse(signed(review).data).inputs[0]
    locked = two.policy.spend_data(0, 5)
    named_so = locked.keys[2][1:] + locked.leaves[1].hash
    [(name, in_leaf)] = records.records_of(fields.TAP_SCRIPT_SIG)
    assert name == named_so
    # The default type is not written out: a 65th byte would be one for nothing (BIP341).
    assert (len(records.get(fields.TAP_KEY_SIG) or b""), len(in_leaf)) == (64, 64)


@pytest.mark.parametrize(
    "template",
    [
        "wsh(sortedmulti(2,@0/**,@1/**))",
        "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
        "sh(sortedmulti(2,@0/**,@1/**))",
        "tr(@0/**,multi_a(2,@0/<2;3>/*,@1/**))",
    ],
)
def test_a_message_of_an_account_of_several_is_a_psbt_for_the_others(template: str) -> None:
    shared_account = vault(template, keyring(), keyring(OTHER))
    halves = []
    for keys in (keyring(), keyring(OTHER)):
        record = shared_account.record(keys)
        review = BITCOIN.policy_statement("We agree.", record, (0, 5), keys, "regtest")
        made = CHAIN.sign_message(review.approve(review.pages), keys)
        assert made.form is MessageFormat.PSBT
        halves.append(container.parse(made.data))
    first, second = (half.inputs[0].records for half in halves)
    both = container.add(halves[0], {0: [record for record in second if record not in first]})
    kernel.check(both.encode())
    assert both.globals.get(0x09) == b"We agree."  # PSBT_GLOBAL_GENERIC_SIGNED_MESSAGE


@pytest.mark.parametrize(
    ("template", "has_witness"),
    [
        ("wsh(multi(1,@0/**,@1/**))", True),
        ("tr(@0/**,pk(@1/**))", True),
        ("sh(multi(1,@0/**,@1/**))", False),
    ],
)
def test_the_coin_of_a_message_is_written_out_beside_its_transaction_where_bip174_wants_it(
    template: str, has_witness: bool
) -> None:
    keys, two = keyring(), vault(template, keyring(), keyring(OTHER))
    review = BITCOIN.policy_statement("We agree.", two.record(keys), (0, 5), keys, "regtest")
    records = container.parse(signed(review).data).inputs[0]
    assert records.get(fields.NON_WITNESS_UTXO) == review.subject.spent.encode()
    written_out = review.subject.spent.outputs[0].encode()
    assert records.get(fields.WITNESS_UTXO) == (written_out if has_witness else None)


@pytest.mark.parametrize("name", ["msg_simple", "msg_path", "msg_large"])
def test_legacy_messages_are_those_of_jade(name: str) -> None:
    case = json.loads(shared(f"jade/{name}.json").read_text())
    asked = case["input"]
    keys = keyring(JADE)
    review = CHAIN.message(asked["message"], tuple(asked["path"]), keys)
    made = CHAIN.sign_message(review.approve(review.pages), keys)
    assert written(made) == case["expected_output"]


def test_a_legacy_message_names_its_key_and_the_key_can_be_read_back() -> None:
    where = parse_path("m/44h/1h/0h/0/0")
    review = CHAIN.message("Jade is cool", where, keyring())
    made = signed(review)
    prefixed = b"\x18Bitcoin Signed Message:\n\x0cJade is cool"
    public = curve.recover(double_sha256(prefixed), bytes((made.data[0] - 31,)) + made.data[1:])
    assert made.form is MessageFormat.LEGACY
    assert public == keyring().public_key(where)
    assert public.hex() in text(review.pages)


def test_an_unknown_variant_or_a_path_without_a_place_is_refused() -> None:
    with pytest.raises(Refused) as variant:
        BITCOIN.statement("hi", path(), "p2pk", keyring(), "regtest")
    with pytest.raises(Refused) as short:
        BITCOIN.statement("hi", (0,), "wpkh", keyring(), "regtest")
    assert variant.value.reason is BitcoinReason.VARIANT_UNSUPPORTED
    assert short.value.reason is BitcoinReason.PATH_UNUSUAL


def test_every_printable_letter_may_stand_in_a_message() -> None:
    letters = "".join(map(chr, range(32, 127)))
    assert f'"{letters}"' in text(CHAIN.message(letters, path(), keyring()).pages)


def test_a_message_is_not_printed_with_what_asks_for_its_signature() -> None:
    for review in (
        CHAIN.message("between us", path(), keyring()),
        BITCOIN.statement("between us", path(), "wpkh", keyring(), "regtest"),
    ):
        assert "between us" not in repr(review.subject)


CODE = "You cannot read what you would sign"
EDGES = "begins or ends with spaces"


@pytest.mark.parametrize(
    ("message", "is_code", "has_edges"),
    [
        ("0123456789abcdefABCDEF0123456789", True, False),
        ("0123456789abcdefABCDEF012345678", False, False),
        ("0x0123456789abcdefABCDEF0123456789", True, False),
        ("0x0123456789abcdefABCDEF012345678", False, False),
        (" 0123456789abcdefABCDEF0123456789\n", True, True),
        ("0123456789abcdefABCDEF012345678g", False, False),
        ("00000000000000000000000000000000X", False, False),
        ("I am here", False, False),
        ("I am here ", False, True),
        ("\nI am here", False, True),
    ],
)
def test_a_message_nobody_can_read_is_warned_of(
    message: str, is_code: bool, has_edges: bool
) -> None:
    """Whoever wants a signature under something else sends its hash (T57)."""
    for review in (
        CHAIN.message(message, path(), keyring()),
        BITCOIN.statement(message, path(), "wpkh", keyring(), "regtest"),
    ):
        shown = text(review.pages)
        assert (CODE in shown) is is_code
        assert (EDGES in shown) is has_edges
        assert len(review.pages) == 2 + is_code + has_edges


def test_the_pages_of_a_message_say_who_signs_and_what() -> None:
    shown = text(BITCOIN.statement("I am here", path(), "wpkh", keyring(), "regtest").pages)
    address = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"
    assert shown.startswith(
        f"[Sign a message]\n84h/1h/0h {address}\npath 84h/1h/0h/0/0\nNetwork regtest\n"
        '[It says]\n"I am here"\n9 characters\nDigest '
    )


def test_a_key_at_a_short_path_signs_messages_with_a_warning() -> None:
    assert "Unusual path m/0/5." in text(
        BITCOIN.statement("hi", (0, 5), "wpkh", keyring(), "regtest").pages
    )


@pytest.mark.parametrize(
    ("at", "warnings"),
    [
        ("m/84h/1h/0h/0/9999", ()),
        ("m/84h/1h/0h/1/0", ("This is a change address.",)),
        ("m/84h/1h/0h/2/0", ("Unusual path m/84h/1h/0h/2/0.",)),
        ("m/84h/1h/0h/0/10000", ("Unusual path m/84h/1h/0h/0/10000.",)),
    ],
)
def test_an_address_of_one_key_comes_with_what_is_odd_about_it(
    at: str, warnings: tuple[str, ...]
) -> None:
    assert CHAIN.address(keyring(), parse_path(at), "wpkh", "regtest")[1] == warnings


def test_the_pages_of_a_legacy_message_name_the_key() -> None:
    public = keyring().public_key(path()).hex()
    shown = text(CHAIN.message("x\n", path(), keyring()).pages)
    assert shown.startswith(
        "[Look twice]\nThe message begins or ends with spaces or empty lines.\n"
        "[Sign a message]\nAddress on testnet tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl\n"
        "Address on regtest bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk\n"
        f'Key m/84h/1h/0h/0/0\n{public}\n[It says]\n"x"\n""\n2 characters\n'
    )


@pytest.mark.parametrize(("locktime", "sequence", "version"), [(0, 0, 0), (1, 0, 2), (0, 1, 2)])
def test_a_lock_of_either_kind_makes_it_version_2(
    locktime: int, sequence: int, version: int
) -> None:
    assert Timing(locktime, sequence).version == version
