"""A page that nobody has to read holds what is ours alone; all that leaves or moves is read."""

from hypothesis import given, settings
from hypothesis import strategies as st

from signer.review import Kind, Page, Shape
from tests import psbts
from tests.psbts import PAYEE, Out, draft, keyring, review, text

# Somebody's, a record, a script of nobody; and ours: change, received, far away, elsewhere.
outputs = st.one_of(
    st.builds(Out, st.just([]), st.integers(1_000, 9_000), st.sampled_from([PAYEE, b"\x51"])),
    st.builds(Out, st.just([]), st.just(0), st.just(b"\x6a\x01x")),
    st.builds(
        lambda kind, branch, index, sats: psbts.change(
            keyring(), psbts.path(kind, branch, index), sats
        ),
        st.sampled_from(psbts.KINDS),
        st.integers(0, 1),
        st.sampled_from([0, 5, 20_000]),
        st.integers(1_000, 9_000),
    ),
)


def addresses(pages: list[Page]) -> set[str]:
    return {fact.value for page in pages for fact in page.facts if fact.shape is Shape.ADDRESS}


@settings(max_examples=60, deadline=None)
@given(st.lists(outputs, min_size=1, max_size=5))
def test_each_output_has_a_page_to_read_or_returns_beside_a_payment(outs: list[Out]) -> None:
    made = draft(keyring(), 1)
    left = 100_000 - 200 - sum(out.sats for out in outs)
    made.outs = [*outs, psbts.change(keyring(), psbts.path("wpkh", 1, 3), left)]
    reviewed = review(made.encode(), keyring())
    [folded] = [page for page in reviewed.pages if page.summary]
    others = [page for page in reviewed.pages if page is not folded]
    is_paying = any(page.title.startswith("Recipient") for page in others)
    for target in reviewed.subject.outputs:
        returns = target.stays and target.location and target.location.account.title == "84h/1h/0h"
        if target.address:
            assert (target.address in addresses(others)) is not bool(returns and is_paying)
    shown = [page for page in others if page.kind in {Kind.RECIPIENT, Kind.CHANGE}]
    change = text([folded]).count("Comes back to you at")
    assert len(shown) + change == len(made.outs)


def test_the_first_look_at_a_folded_page_says_what_comes_back_in_all() -> None:
    made = draft(keyring(), 2)
    made.outs[1].sats -= 50_000
    made.outs.append(psbts.change(keyring(), psbts.path("wpkh", 1, 4), 50_000))
    [folded] = [page for page in review(made.encode(), keyring()).pages if page.summary]
    assert [(fact.label, fact.value) for fact in folded.summary] == [
        ("Change to you", "174 800 sats"),
        ("Network", "regtest"),
    ]


def test_what_is_moved_to_ourselves_alone_is_read() -> None:
    made = draft(keyring(), outputs=())
    pages = review(made.encode(), keyring()).pages
    assert text(pages[:1]).startswith("[To yourself 1 of 1]\nMove 99 800 sats\nto bcrt1")
    assert "path 84h/1h/0h/1/3, checked" in text(pages[:1])
    assert [bool(page.summary) for page in pages] == [False, True, False]
    assert "Change to you" not in text(pages)


def test_the_last_page_has_the_total_and_the_words_of_the_transaction() -> None:
    reviewed = review(draft(keyring(), fee_sats=141).encode(), keyring())
    assert text(reviewed.pages[-1:]) == (
        "[Total]\nPay 25 000 sats\nFee 141 sats (0.6 %)\nRate 1.0 sat/vB\nTotal 25 141 sats\n"
        f"Words to compare {' '.join(reviewed.words)}"
    )
