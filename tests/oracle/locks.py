"""Addresses and output scripts of random accounts, at random places."""

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import Protocol

from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors.miniscript import Context
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions import address
from signer.keys.path import HARDENED
from tests.miniscripts import sane_texts
from tests.oracle.drawn import Drawn, values
from tests.oracle.tally import Question, Unasked
from tests.policies import NUMS, Made, account, policies

ACCOUNTS, PLACES = 60, 3  # a turn, and of each account
_SHAPE = re.compile(r"(?P<frame>(?:sh\()?(?:wsh\()?)(?P<name>[a-z]+)")
_PLAIN = ("wpkh", "multi", "sortedmulti")


class Account(Protocol):
    """An account as a peer has read it."""

    def script(self, branch: int, index: int) -> bytes: ...
    def address(self, branch: int, index: int) -> str: ...


def questions(seed: str, turn: int, peer: ModuleType) -> Iterator[Question | Unasked]:
    """The questions about some accounts, others at each turn."""
    name = f"{seed}/locks/{turn}"
    for number, made in enumerate(values(_accounts(), ACCOUNTS, name)):
        form = form_of(made.template)
        told = f"{form} {made.template}"
        why = next((why for part, why in peer.NO_LOCKS if re.search(part, told)), "")
        if why:
            yield Unasked(form, why)
        else:
            yield from _of_account(made, form, peer, Drawn(name, number))


def _of_account(made: Made, form: str, peer: ModuleType, drawn: Drawn) -> Iterator[Question]:
    ours, network = made.policy(), NETWORKS[made.network]
    read = cache(lambda: peer.account(made))
    for _ in range(PLACES):
        # libwally stops one below the highest index.
        place = drawn.below(2), drawn.below(1 << drawn.between(1, 31)) % (HARDENED - 1)
        script = ours.spend_data(*place).script_pubkey
        case = f"{made.descriptor} {place} {made.network}"
        yield Question(form, script, partial(_script, read, place), case)
        shown = address.render(script, network)
        yield Question(form, shown, partial(_address, read, place), case)


def _script(read: Callable[[], Account], place: tuple[int, int]) -> bytes:
    return read().script(*place)


def _address(read: Callable[[], Account], place: tuple[int, int]) -> str:
    return read().address(*place)


def _accounts() -> st.SearchStrategy[Made]:
    return st.one_of(
        policies(),
        policies(without=["tr"]),
        sane_texts(Context.WSH).map(lambda text: _of_miniscript(text, "wsh({})")),
        sane_texts(Context.TAPSCRIPT).map(lambda text: _of_miniscript(text, f"tr({NUMS},{{}})")),
    )


def _of_miniscript(text: str, frame: str) -> Made:
    """An account of a script, its keys numbered in the order of its text (BIP388)."""
    order = {name: number for number, name in enumerate(re.findall(r"@\d+", text))}
    template = frame.format(re.sub(r"@\d+", lambda found: f"@{order[found[0]]}/**", text))
    return Made(template, tuple(account(number) for number in order.values()), "regtest")


def form_of(template: str) -> str:
    """What kind of account it is, without its keys and numbers."""
    if template.startswith("tr("):
        is_alone = re.fullmatch(r"tr\((@\d+|musig\([^)]*\))[^,]*\)", template)
        return "tr" if is_alone else "tr with scripts"
    shape = _SHAPE.match(template)
    assert shape
    frame, name = shape["frame"], shape["name"]
    plain = name in _PLAIN or "wsh" not in frame
    return frame + (name if plain else "miniscript") + ")" * frame.count("(")
