"""Drawn wallets and payments, read by embit as well: what is ours is never denied, sums hold.

Embit reads the request's bytes, derives every key anew, and says which outputs are ours and what
the sums are. 300 payments in every run, 5 000 with HYPOTHESIS_PROFILE=night.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from embit import bip32, bip39, script
from embit.descriptor import Descriptor
from embit.networks import NETWORKS
from embit.psbt import PSBT
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.review import Page
from tests import psbts
from tests.psbts import OTHER, PAYEE, Draft, In, Out, Vault, keyring, review, text

SPARE = 400_000  # each coin that pays
TEMPLATES = (
    "wpkh(@0/**)",
    "wsh(sortedmulti(2,@0/**,@1/**))",
    "wsh(sortedmulti(1,@0/**,@1/**))",
    "sh(wsh(multi(2,@0/**,@1/**)))",
    "sh(sortedmulti(2,@0/**,@1/**))",
    "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(1000))))",
    "tr(@0/**)",
    "tr(@0/**,pk(@1/**))",
)
SINGLE = {
    "pkh": script.p2pkh,
    "sh(wpkh)": lambda key: script.p2sh(script.p2wpkh(key)),
    "wpkh": script.p2wpkh,
    "tr": script.p2tr,
}
indexes = st.sampled_from([0, 1, 19, 9_999, 10_001, 20_000, 1_000_001])
branches = st.sampled_from([0, 1, 2])
amounts = st.integers(0, 20_000)
Drawn = tuple[str, object, int, int]  # what it is, of which account, at which branch and index


@dataclass(frozen=True)
class Wallet:
    """A seed, and the accounts that are registered on its device."""

    words: str
    accounts: tuple[Vault, ...]

    @property
    def records(self) -> list[bytes]:
        return [of.record(keyring(self.words)) for of in self.accounts]


@st.composite
def wallets(draw: st.DrawFn) -> Wallet:
    words = bip39.mnemonic_from_bytes(draw(st.binary(min_size=16, max_size=16)))
    accounts = []
    for number, template in enumerate(draw(st.lists(st.sampled_from(TEMPLATES), max_size=2))):
        signers = [keyring(words), *([keyring(OTHER)] if "@1" in template else [])]
        signers = signers[::-1] if draw(st.booleans()) else signers
        at = f"m/48h/1h/{number}h/2h"
        accounts.append(psbts.vault(template, *signers, name=f"Account {number}", at=at))
    return Wallet(words, tuple(accounts))


standard = st.tuples(st.sampled_from(psbts.KINDS), st.integers(0, 2))
elsewhere = st.sampled_from([PAYEE, b"\x6a\x01x", b"\x51"])
outputs = st.one_of(
    st.tuples(st.just("other"), elsewhere, st.just(0), st.just(0)),
    st.tuples(st.just("single"), standard, branches, indexes),
    st.tuples(st.just("shared"), st.integers(0, 1), st.integers(0, 1), indexes),
    st.tuples(st.just("lie"), standard, branches, indexes),  # the place is ours, not the script
)


def output_of(wallet: Wallet, drawn: Drawn, sats: int) -> Out:
    kind, of, branch, index = drawn
    keys = keyring(wallet.words)
    match kind, of:
        case "single" | "lie", (str(script_kind), int(account)):
            where = psbts.path(script_kind, branch, index, account=account)
            out = psbts.change(keys, where, sats)
            if kind == "lie":
                out.script = psbts.lock(keyring(OTHER), where)
            return out
        case "shared", int(number) if number < len(wallet.accounts):
            return psbts.shared_change(wallet.accounts[number], branch, index, sats)
        case "other", bytes(locked):
            return Out([], sats, locked)
        case _:
            return Out([], sats, PAYEE)


def coins_of(wallet: Wallet, kinds: list[tuple[str, int]], shared: int) -> list[In]:
    """Coins of standard accounts of one key, or of one registered account."""
    if shared < len(wallet.accounts):
        of = wallet.accounts[shared]
        return [psbts.shared_coin(of, 0, n, SPARE, n) for n in range(len(kinds))]
    keys = keyring(wallet.words)
    return [
        psbts.coin(keys, psbts.path(kind, 0, n, account=account), SPARE, n)
        for n, (kind, account) in enumerate(kinds)
    ]


# --- embit's side


def own_outputs(wallet: Wallet, request: PSBT) -> Iterator[int]:
    """The outputs that embit derives at a place that the request names."""
    root = bip32.HDKey.from_seed(bip39.mnemonic_to_seed(wallet.words))
    descriptors = [descriptor_of(of) for of in wallet.accounts]
    for number, output in enumerate(request.outputs):
        origins = list(output.bip32_derivations.values())
        origins += [origin for _, origin in output.taproot_bip32_derivations.values()]
        steps = [o.derivation for o in origins if o.fingerprint == root.my_fingerprint]
        if any(_derives(root, descriptors, way, output.script_pubkey) for way in steps):
            yield number


def _derives(
    root: bip32.HDKey, descriptors: list[Descriptor], way: list[int], locked: script.Script
) -> bool:
    key = root.derive(way).key.get_public_key()
    single = any(lock_of(key) == locked for lock_of in SINGLE.values())
    branch, index = way[-2:]
    return single or (
        branch in {0, 1}
        and any(
            descriptor.derive(index, branch_index=branch).script_pubkey() == locked
            for descriptor in descriptors
        )
    )


def descriptor_of(of: Vault) -> Descriptor:
    """The account as embit reads it, put together of its template and keys as texts."""
    body = of.policy.template
    for number, key in enumerate(of.policy.keys):
        body = body.replace(f"@{number}/**", f"{key.render(of.policy.network)}/<0;1>/*")
    return Descriptor.from_string(body)


# --- what a person reads


def sats_of(page: Page, *labels: str) -> list[int]:
    read = [re.search(r"([\d ]+) sats?\b", f.value) for f in page.facts if f.label in labels]
    return [int(found[1].replace(" ", "")) for found in read if found]


def folded(pages: Sequence[Page]) -> list[Page]:
    """What the folded page says before it is opened, where it names change."""
    summaries = (Page(page.kind, page.title, page.summary) for page in pages)
    return [page for page in summaries if sats_of(page, "Change to you")]


@pytest.mark.timeout(3_600)  # a night's
@settings(max_examples=max(300, settings.default.max_examples), deadline=None)
@given(
    wallets(),
    st.lists(st.tuples(st.sampled_from(psbts.KINDS), st.integers(0, 1)), min_size=1, max_size=3),
    st.integers(0, 3),
    st.lists(st.tuples(outputs, amounts), min_size=1, max_size=4),
    st.integers(0, 9_000),
    st.booleans(),
)
def test_what_is_ours_is_never_denied_and_sums_hold(
    wallet: Wallet,
    kinds: list[tuple[str, int]],
    shared: int,
    drawn: list[tuple[Drawn, int]],
    fee: int,
    is_rest_ours: bool,
) -> None:
    made = Draft(
        coins_of(wallet, kinds, shared), [output_of(wallet, what, sats) for what, sats in drawn]
    )
    left = SPARE * len(made.ins) - sum(out.sats for out in made.outs) - fee
    keys = keyring(wallet.words)
    made.outs.append(
        psbts.change(keys, psbts.path("wpkh", 1, 3), left) if is_rest_ours else Out([], left, PAYEE)
    )
    request = PSBT.parse(made.encode())
    own = set(own_outputs(wallet, request))
    pages = review(made.encode(), keys, "regtest", wallet.records).pages
    shown = text(pages)

    denied = "No output is known to be yours" in shown or "othing comes back" in shown
    assert denied == (not own)
    if not own:
        assert "Change to you" not in shown
        assert "another account of yours" not in shown
    # What is ours is on a page of ours with its place, or in a warning as a place of nobody's.
    named = shown.count(", checked") + shown.count("to a key of yours at m/")
    assert named == len(own)
    for number in own:
        assert request.outputs[number].script_pubkey.address(NETWORKS["regtest"]) in shown

    total = next(page for page in pages if page.title == "Total")
    [charged] = sats_of(total, "Fee")
    assert charged == request.fee() == fee
    spent = sum(coin.utxo.value for coin in request.inputs)
    change = sum(sats_of(page, "Change to you")[0] for page in folded(pages))
    assert sum(sats_of(total, "Pay", "Burn", "Move")) + change + charged == spent
