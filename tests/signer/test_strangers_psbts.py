"""220 PSBTs that strangers' wallets made, each signed, handed back, or refused for a good reason.

Reviewed by hand once: a good reason is one that the user of that wallet would thank us for.
157 are all that the shared corpora hold and that read as PSBTs (what they hold besides is malformed
on purpose: `test_container`); 63 of other wallets' tests stand in tests/vectors.
"""

import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed, NothingToSign, Reason, Refused
from signer.formats import base58
from signer.keys.keyring import Keyring
from signer.keys.node import PrivateNode
from tests import kernel, psbts
from tests.signer.chains.bitcoin.payment import test_jade_psbts as jade
from tests.signer.published import ROOT, own, shared

README = ROOT / "signer" / "README.md"
SIGNED, HANDED_BACK = 70, 121  # the others are refused
# BIP174, Test Vectors: "an extended private key".
BIP174_ROOT = (
    "tprv8ZgxMBicQKsPd9TeAdPADNnSyH9SSUUbTVeFszDE23Ki6TBB5nCefAdHkK8Fm3qMQR6sHwA56zqRmKmxnHk37JkiF"
    "zvncDqoKmPWubu7hDF"
)
# What a Coldcard's simulator starts with.
COLDCARD = (
    "wife shiver author away frog air rough vanish fantasy frozen noodle athlete pioneer citizen"
    " symptom firm much faith extend rare axis garment kiwi clarify"
)


@dataclass(frozen=True)
class Case:
    """A stranger's PSBT, and the device it is given to."""

    name: str
    psbt: bytes
    keys: Keyring
    network: str = "testnet"
    records: Sequence[bytes] = ()
    has_account: bool = False


class Rooted(Keyring):
    """The keys below a published extended private key, whose seed nobody tells."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(bytearray(b"\x07" * 32))
        body = base58.decode_check(text)
        root = PrivateNode(bytearray(body[46:]), bytes(32) + body[13:45])
        self._nodes = {(): root}
        self.fingerprint = root.fingerprint


Table = dict[Reason, tuple[str, ...]]
# What is refused. signer/README.md says of each reason why its user would thank us.
REFUSED: Table = {
    # Keys side by side below no account, or an account that nobody could register: a device that
    # signs for what it was never shown is one that a host can pair with keys of its own.
    BitcoinReason.NOT_REGISTERED: (
        *(f"bip174/{number}" for number in range(35, 40)),
        "hwi/130",
        *(
            f"jade/psbt_tm_green_multisig_{name}/{part}"
            for name in ("2of2csv", "2of3", "2of3_recovery_signing_full_path")
            for part in ("asked", "answered")
        ),
        "ledger/wsh-root-keys",
        "embit/tr-root-keys",
    ),
    # The published ones of BIP174 that fail a signer's checks.
    BitcoinReason.SCRIPT_NOT_COMMITTED: ("bip174/31", "bip174/32", "bip174/33"),
    # One key of the coin lies with real coins, the other with test coins.
    BitcoinReason.WRONG_NETWORK: ("bip174/25",),
    BitcoinReason.NO_INPUTS: ("bip174/28", "bip174/29"),
    # A message (BIP322) in the dress of a payment.
    BitcoinReason.EMPTY_COIN: ("krux/pkh-of-nothing",),
    BitcoinReason.SIGHASH_UNSUPPORTED: (
        "ledger/tr-sighash-single",
        "ledger/sighash-single",
        "ledger/sighash-none",
        "ledger/sighash-single-without-output",
    ),
    # ANYONECANPAY without a proof of the amount: a coin signed so can be joined with any other.
    BitcoinReason.AMOUNT_NOT_PROVEN: (
        "ledger/sighash-single-anyone",
        "ledger/sighash-none-anyone",
        "ledger/sighash-all-anyone",
        "ledger/sighash-unknown",
    ),
}
# Handed back unchanged, as names or as the start of names. Of the BIPs' examples nobody tells whose
# keys they are, and so they are given to a device that has others.
NOTHING: Table = {
    BitcoinReason.NOTHING_OURS: (
        *("bip370/", "bip371/", "bip373/", "bip375/"),
        *(f"bip174/{number}" for number in (*range(20, 25), 26, 27, 30, 34, 41, 42, 43)),
        *("hwi/71", "hwi/72", "hwi/73"),
        "jade/psbt_ss_not_us/",
        "jade/psbt_tm_green_multisig_2of3_recovery_signing/",
    ),
    BitcoinReason.NOTHING_TO_SIGN: (
        "bip174/40",
        "bip322/",
        *("krux/wpkh-signed", "krux/tr-signed", "krux/tr-rested-signed", "seedsigner/wsh-signed"),
    ),
}


@cache
def keyring(secret: str) -> Keyring:
    """The keys of public words, or of a published extended private key."""
    return Rooted(secret) if secret.startswith("tprv") else psbts.keyring(secret)


def corpora() -> Iterator[Case]:
    """Every PSBT that there is to review. Skips where the shared corpora are absent."""
    seen = set[bytes]()
    for case in (*_of_bips(), *_of_jade(), *_of_others()):
        try:
            container.parse(case.psbt)
        except Malformed:
            continue
        if case.psbt not in seen:
            seen.add(case.psbt)
            yield case


def _of_bips() -> Iterator[Case]:
    stranger = psbts.keyring()
    for bip in ("bip174", "bip370", "bip371", "bip373"):
        texts = [case["base64"] for case in json.loads(shared(f"{bip}/psbt.json").read_text())]
        keys = keyring(BIP174_ROOT) if bip == "bip174" else stranger
        yield from _numbered(bip, texts, keys, "mainnet" if bip == "bip174" else "testnet")
    groups = json.loads(shared("bip375/bip375_test_vectors.json").read_text())
    for group in ("invalid", "valid"):
        yield from _numbered(f"bip375/{group}", [case["psbt"] for case in groups[group]], stranger)
    for name in ("bip322/generated-test-vectors.json", "hwi/test_psbt.json"):
        texts = re.findall(r"cHNidP[A-Za-z0-9+/=]+", shared(name).read_text())
        yield from _numbered(name.partition("/")[0], texts, keyring(BIP174_ROOT), "mainnet")


def _numbered(
    corpus: str, texts: Sequence[str], keys: Keyring, network: str = "testnet"
) -> Iterator[Case]:
    for number, text in enumerate(texts):
        yield Case(f"{corpus}/{number}", b64decode(text), keys, network)


def _of_jade() -> Iterator[Case]:
    for name in sorted({*jade.SIGNED, *jade.REFUSED, jade.OPEN}):
        case = jade.case_of(name)
        records = (jade.record(name, case),) if name in jade.SEVERAL else ()
        for psbt, part in ((case.asked, "asked"), (case.answered, "answered")):
            title = f"jade/{name}/{part}"
            yield Case(title, psbt, case.keys, case.network, records, has_account=bool(records))


def _of_others() -> Iterator[Case]:
    for file in sorted(shared("qr/bbqr").glob("*.psbt")):
        yield Case(f"bbqr/{file.stem}", file.read_bytes(), keyring(COLDCARD))
    vectors = own("strangers_psbts")
    for case in vectors["cases"]:
        keys = keyring(vectors["seeds"][case["seed"]])
        account = case.get("account")
        records = () if account is None else (_registered(account, keys),)
        psbt = b64decode(case["psbt"])
        yield Case(case["id"], psbt, keys, "testnet", records, has_account=account is not None)


def _registered(account: dict[str, str], keys: Keyring) -> bytes:
    asked = POLICY_ACCOUNTS.registration(
        "Strangers", account["template"], account["keys"], keys, "testnet"
    )
    return POLICY_ACCOUNTS.register(asked.approve(asked.pages), keys)


def verdict(case: Case) -> str:
    """Signed, and then Core's engine agrees; or how and why it was not."""
    try:
        signed = psbts.sign_part(case.psbt, case.keys, case.network, case.records)
    except Refused as refused:
        return _not_signed(type(refused), refused.reason)
    assert container.parse(signed).unsigned_tx == container.parse(case.psbt).unsigned_tx
    assert len(signed) > len(case.psbt)
    if not case.has_account:
        kernel.check(signed)
    return "signed"


def expected(name: str) -> str:
    for reason, names in REFUSED.items():
        if name in names:
            return _not_signed(Refused, reason)
    for reason, names in NOTHING.items():
        if name in names or name.startswith(tuple(start for start in names if start[-1] == "/")):
            return _not_signed(NothingToSign, reason)
    if name.endswith("/answered"):
        return _not_signed(NothingToSign, BitcoinReason.NOTHING_TO_SIGN)
    return "signed"


def _not_signed(kind: type[Refused], reason: Reason) -> str:
    return f"{kind.__name__} {reason.name}"


def test_each_is_signed_or_handed_back_or_refused_for_a_good_reason() -> None:
    cases = tuple(corpora())
    verdicts = {case.name: verdict(case) for case in cases}
    assert verdicts == {name: expected(name) for name in verdicts}
    counts = Counter(text.partition(" ")[0] for text in verdicts.values())
    refused = sum(map(len, REFUSED.values()))
    assert len(cases) == SIGNED + HANDED_BACK + refused == 220
    assert (counts["signed"], counts["NothingToSign"]) == (SIGNED, HANDED_BACK)
    assert counts["Refused"] == refused


def test_the_readme_says_what_is_refused_and_why() -> None:
    title = "## What is refused of 220 strangers' PSBTs"
    _, _, chapter = README.read_text("utf-8").partition(title)
    rows = re.findall(
        r"^\| (\w+) \| (\d+) \| (.+) \|$", chapter.partition("\n## ")[0], re.MULTILINE
    )
    assert {(name, int(count)) for name, count, _ in rows} == {
        (reason.name, len(names)) for reason, names in REFUSED.items()
    }
    assert f"{SIGNED} are signed, {HANDED_BACK} handed back" in chapter
