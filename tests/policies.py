"""Random wallet policies of every shape (BIP388), for tests that compare or must hold for all.

    @given(policies())                      any shape
    @given(policies(without=["musig"]))     those that software without MuSig2 reads too
    made.policy("savings")                  the signer's own reading of it
    made.descriptor                         the same as a descriptor's text, put together here

A drawn policy is text: nothing here asks the signer what it means.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import policy
from signer.chains.bitcoin.network import NETWORKS
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, render

NUMS = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"
MAX_KEYS = 8
HASH32, HASH20 = "ab" * 32, "cd" * 20
# K is a key, N a lock; each becomes what is drawn for it.
SINGLE = ("pkh(K)", "sh(wpkh(K))", "wpkh(K)", "tr(K)")
MINISCRIPTS = (
    "pk(K)",
    "pkh(K)",
    "and_v(v:pk(K),pk(K))",
    "and_v(v:pk(K),older(N))",
    "and_v(v:pkh(K),after(N))",
    "and_b(pk(K),s:pk(K))",
    "or_b(pk(K),s:pk(K))",
    "or_d(pk(K),and_v(v:pkh(K),older(N)))",
    "or_i(and_v(v:pk(K),older(N)),pk(K))",
    "andor(pk(K),older(N),and_v(v:pk(K),pk(K)))",
    "and_v(or_c(pk(K),v:older(N)),pk(K))",
    "thresh(2,pk(K),s:pk(K),s:pk(K))",
    "thresh(3,pk(K),s:pk(K),s:pk(K),sln:older(N))",
    f"and_v(v:pk(K),sha256({HASH32}))",
    f"and_v(v:pk(K),hash256({HASH32}))",
    f"or_d(pk(K),and_v(v:pk(K),ripemd160({HASH20})))",
    f"andor(pk(K),hash160({HASH20}),pk(K))",
)
P2WSH_ONLY = (
    "multi(M)",
    "or_d(multi(M),and_v(v:pkh(K),older(N)))",
    "or_d(pk(K),and_v(v:multi(M),older(N)))",
)
TAPROOT_ONLY = ("multi_a(M)", "sortedmulti_a(M)", "and_v(v:multi_a(M),older(N))")


@dataclass(frozen=True, slots=True)
class Made:
    """A policy as its owner would write it down."""

    template: str
    keys: tuple[str, ...]
    network: str

    def policy(self, name: str = "drawn") -> policy.Policy:
        return policy.parse(name, self.template, self.keys, NETWORKS[self.network])

    @property
    def descriptor(self) -> str:
        """The descriptor it stands for, without a checksum (BIP388, Descriptor derivation)."""
        spelt = self.template.replace("/**", "/<0;1>/*")
        return re.sub(r"@(\d+)", lambda match: self.keys[int(match[1])], spelt)


@cache
def account(number: int, network: str = "regtest") -> str:
    """The key information of cosigner `number`, each with a seed of its own."""
    keys = Keyring(bytearray((number + 1,)) * 32)
    path = (48 + HARDENED, NETWORKS[network].coin + HARDENED, HARDENED, 2 + HARDENED)
    xpub = keys.extended(path).encode(NETWORKS[network].xpub)
    return f"[{keys.fingerprint.hex()}{render(path).removeprefix('m')}]{xpub}"


@st.composite
def policies(draw: st.DrawFn, *, without: Collection[str] = ()) -> Made:
    """Any shape a policy can have: one key, multisig, miniscript, taproot with scripts, MuSig2.

    `without`: what no template may contain, for tests with software that does not know it.
    """
    shapes = st.one_of(st.sampled_from(SINGLE), _legacy(), _segwit(), _taproot())
    shape = draw(shapes.filter(lambda text: not any(part in text for part in without)))
    return _filled(draw, shape, musig="musig" not in without)


def _multisig(names: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{name}(M)" for name in names.split()])


def _legacy() -> st.SearchStrategy[str]:
    return _multisig("multi sortedmulti").map("sh({})".format)


def _segwit() -> st.SearchStrategy[str]:
    inside = _multisig("multi sortedmulti") | st.sampled_from(MINISCRIPTS + P2WSH_ONLY)
    return st.tuples(st.sampled_from(("wsh({})", "sh(wsh({}))")), inside).map(
        lambda pair: pair[0].format(pair[1])
    )


def _taproot() -> st.SearchStrategy[str]:
    tree = st.recursive(
        st.sampled_from(MINISCRIPTS + TAPROOT_ONLY),
        lambda inside: st.tuples(inside, inside).map(lambda pair: f"{{{pair[0]},{pair[1]}}}"),
        max_leaves=6,
    )
    return st.tuples(st.sampled_from(("K", NUMS)), tree).map(
        lambda pair: f"tr({pair[0]},{pair[1]})"
    )


def _filled(draw: st.DrawFn, shape: str, *, musig: bool) -> Made:
    keys = _Keys(draw, musig=musig and shape.startswith("tr"))
    spelt = re.sub("M", lambda _: _members(draw), shape)
    spelt = re.sub("N", lambda _: str(draw(st.integers(1, 65_535))), spelt)
    template = re.sub("K", lambda _: keys.next(), spelt)
    network = draw(st.sampled_from(("mainnet", "testnet", "regtest")))
    return Made(template, tuple(account(n, network) for n in range(keys.count)), network)


def _members(draw: st.DrawFn) -> str:
    count = draw(st.integers(1, 5))
    return ",".join((str(draw(st.integers(1, count))), *("K" * count)))


class _Keys:
    """Placeholders as BIP388 wants them: in order, and never the same step below a key twice."""

    def __init__(self, draw: st.DrawFn, *, musig: bool) -> None:
        self.count = 0
        self._draw = draw
        self._musig = musig
        self._used: dict[tuple[int, ...], int] = {}

    def next(self) -> str:
        wanted = self._draw(st.integers(2, 3)) if self._musig and self._draw(st.booleans()) else 1
        numbers = tuple(sorted({self._number() for _ in range(wanted)}))
        first = self._used.get(numbers, 0)
        self._used[numbers] = first + 2
        listed = ",".join(f"@{number}" for number in numbers)
        key = f"musig({listed})" if len(numbers) > 1 else listed
        short = first == 0 and self._draw(st.booleans())
        return key + ("/**" if short else f"/<{first};{first + 1}>/*")

    def _number(self) -> int:
        is_new = self.count < MAX_KEYS and (not self.count or self._draw(st.booleans()))
        if is_new:
            self.count += 1
            return self.count - 1
        return self._draw(st.integers(0, self.count - 1))
