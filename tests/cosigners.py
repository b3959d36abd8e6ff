"""People who share a wallet, for tests: their seeds, its descriptor, what each device signs."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from host.store import Search
from host.wallet import FIRST_SEARCH, Wallet, descriptors
from signer.chains.bitcoin import CHAIN
from signer.formats.descriptor_checksum import checksum_of
from tests import psbts
from tests.policies import NUMS
from tests.psbts import Vault
from tests.wallets import NOW, OTHER_WORDS, WORDS, keyring

SEEDS = (WORDS, ("zoo",) * 11 + ("wrong",), OTHER_WORDS)
TEMPLATES: Mapping[str, str] = {
    "2 of 3": "wsh(sortedmulti(2,@0/**,@1/**,@2/**))",
    "nested": "sh(wsh(sortedmulti(2,@0/**,@1/**,@2/**)))",
    "unsorted": "wsh(multi(2,@0/**,@1/**,@2/**))",
    "legacy": "sh(multi(2,@0/**,@1/**,@2/**))",
    "both": "wsh(and_v(v:pk(@0/**),pk(@1/**)))",
    "later the other": "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(10))))",
    "leaves": f"tr({NUMS},{{multi_a(2,@0/**,@1/**,@2/**),and_v(v:pk(@0/<2;3>/*),older(10))}})",
    "key or leaf": "tr(@0/**,and_v(v:pk(@1/**),older(10)))",
}


@cache
def vault(template: str = TEMPLATES["2 of 3"], network: str = "regtest") -> Vault:
    """The account of that template: key @n is that of seed n."""
    coin = 0 if network == "mainnet" else 1
    count = max(int(digit) for digit in "012" if f"@{digit}" in template) + 1
    rings = [keyring(words) for words in SEEDS[:count]]
    return psbts.vault(template, *rings, name="club", network=network, at=f"m/48h/{coin}h/0h/2h")


def descriptor(template: str = TEMPLATES["2 of 3"], network: str = "regtest") -> str:
    """As other wallets write it, with its checksum."""
    account = vault(template, network)
    body = template.replace("/**", "/<0;1>/*")
    for number, key in enumerate(account.policy.keys):
        body = body.replace(f"@{number}", key.render(account.policy.network))
    return f"{body}#{checksum_of(body)}"


@cache
def record(number: int, template: str) -> bytes:
    """That the device of seed `number` has read the account, every page accepted."""
    return vault(template).record(keyring(SEEDS[number]))


def shared(
    path: Path, template: str = TEMPLATES["2 of 3"], search: Search = FIRST_SEARCH
) -> Wallet:
    """A new wallet of that template in the folder `path`."""
    pairing = descriptors.read(descriptor(template), "regtest").pairing
    return Wallet.create(path, pairing, search=search, clock=lambda: NOW)


def sign(psbt: bytes, number: int, template: str = TEMPLATES["2 of 3"]) -> bytes:
    """What the device of seed `number` makes of it, every page accepted."""
    keys = keyring(SEEDS[number])
    review = CHAIN.review(psbt, keys, "regtest", (record(number, template),))
    return CHAIN.sign(review.approve(review.pages), keys)
