"""Several recipients from a command line and from a file; an error names its line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadInput
from host.payees import lists
from host.values import Recipient

A = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
B = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"
FOURS = [A[start : start + 4] for start in range(0, len(A), 4)]


@pytest.mark.parametrize(
    ("words", "recipients"),
    [
        ((A, "25000"), [(A, 25_000)]),
        ((A.upper(), "25,000"), [(A, 25_000)]),
        ((A, "25000", B, "0.0001 BTC"), [(A, 25_000), (B, 10_000)]),
        ((A, "0.0001", "BTC", B, "max"), [(A, 10_000), (B, None)]),
        ((A, "25", "k"), [(A, 25_000)]),
        ((f"bitcoin:{A}?amount=0.0001",), [(A, 10_000)]),
        ((f"bitcoin:{A}?amount=0.0001", B, "7000"), [(A, 10_000), (B, 7_000)]),
        ((f"bitcoin:{A}?amount=0.0001", "10k"), [(A, 10_000)]),
        ((*FOURS, "25000"), [(A, 25_000)]),
        ((" ".join(FOURS), "all"), [(A, None)]),
    ],
)
def test_words_are_addresses_and_amounts(
    words: tuple[str, ...], recipients: list[tuple[str, int | None]]
) -> None:
    listed = lists.from_words(words, "regtest").recipients
    assert [(each.address, each.sats) for each in listed] == recipients


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "nobody to pay"),
        ((A,), "It is not said how much to pay."),
        ((A, "25000", B), "Recipient 2: It is not said how much"),
        ((A, "25000", B[:-1], "1"), "Recipient 2: 1 letter is missing."),
        ((A, "-5"), "cannot be negative"),
        ((A, "1.5"), "A sat cannot be divided"),
        ((f"bitcoin:{A}?amount=0.0001", "11k"), "asks for 10 000 sats"),
        ((A, "1000", "2000"), "Recipient 2: This is not a Bitcoin address"),
        ([A, "1000"] * 2_001, "2 001 recipients do not fit"),
    ],
)
def test_what_is_wrong_with_the_words_is_said(words: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        lists.from_words(words, "regtest")
    assert says in str(caught.value)
    assert "No payment was created." in str(caught.value)


def test_who_is_paid_twice_is_said() -> None:
    listed = lists.from_words((A, "1000", B, "2000", A.upper(), "3000"), "regtest")
    assert listed.notes == (f"{A} is paid 2 times: recipient 1, recipient 3.",)


def test_pairs_are_addresses_and_amounts() -> None:
    listed = lists.from_pairs([f"{A}=25k", f"bitcoin:{B}?amount=0.1&label=Shop"], "regtest")
    assert listed.recipients == (Recipient(A, 25_000), Recipient(B, 10_000_000, "Shop"))
    with pytest.raises(BadInput, match="is not ADDRESS=AMOUNT"):
        lists.from_pairs([A], "regtest")


@pytest.mark.parametrize(
    "text",
    [
        f"address,amount,label\n{A},25000,Rent\n{B},max,\n",
        f"\ufeffAddress;Amount;Label\r\n{A};25 000;Rent\r\n\r\n{B};max\r\n",
        f"# for May\n{A}\t25000 sats\tRent\n{B}\tall\t\n",
        f'{A}, "25,000", Rent\n  {B} , max\n',
        f"Address,Amount (BTC),Label\n{A},0.00025,Rent\n{B},max\n",
        f"address;mBTC\n{A};0,25;Rent\n{B};max\n",
        f"address,value [sats]\n{A},25000,Re\x1bnt\x00\n{B},max,\n",
    ],
)
def test_files_of_every_spreadsheet_are_read(text: str) -> None:
    listed = lists.from_csv(text, "regtest")
    assert listed.recipients == (Recipient(A, 25_000, "Rent"), Recipient(B, None))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nobody to pay"),
        ("address,amount\n", "nobody to pay"),
        (f"{A},1000\n{B[:-1]},2000", "Line 2: 1 letter is missing."),
        (f"address,amount,label\n{A},1000\n{B},abc\n", "Line 3: This is not an amount."),
        (f"{A},25,000,Rent\n", "Line 1 has more columns"),
        (f"{A},1000\n{B}\n", "Line 2: It is not said how much"),
        (f"{A},1000\n\n,2000\n", "Line 3: There is nothing to read."),
        ("x" * 1_000_001, "too long"),
        # A stray quote takes the rows that follow into its cell: nobody there would be paid.
        (f'{A},1000,"Rent\n{B},2000,Food\n', "row that ends in line 2 is not closed"),
        (f'{A},1000,"Rent\n{B},2000,Food"\n{A},5\n', "row that ends in line 2 is not closed"),
        (f'# May, "Rent\n{B},2000\n{A},5,"\n', "row that ends in line 3 is not closed"),
        (f"Address,Amount (EUR)\n{A},5\n", "Line 1: This is not a Bitcoin address"),
    ],
)
def test_an_error_in_a_file_names_its_line(text: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        lists.from_csv(text, "regtest")
    assert says in str(caught.value)


def test_a_sign_in_a_label_parts_no_columns() -> None:
    listed = lists.from_csv(f"{A},1000,Rent; May\n{B},5,a\tb\n", "regtest")
    assert [(row.sats, row.label) for row in listed.recipients] == [(1000, "Rent; May"), (5, "a b")]


@given(text=st.text(max_size=300) | st.text(alphabet=',;\t\n"ab1#\r', max_size=80))
def test_no_file_breaks_it(text: str) -> None:
    for variant in (text, f"{A},1000\n{text}"):
        try:
            lists.from_csv(variant, "regtest")
        except BadInput as error:
            assert str(error)  # noqa: PT017 - either answer is right


@given(words=st.lists(st.sampled_from([A, B, *FOURS, "max", "25k", "1", "BTC", "-"]), max_size=9))
def test_no_words_break_it(words: list[str]) -> None:
    try:
        listed = lists.from_words(words, "regtest")
    except BadInput:
        return
    assert {each.address for each in listed.recipients} <= {A, B}


@given(
    amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=9),
    label=st.text(alphabet=st.characters(codec="ascii", exclude_categories=["C"]), max_size=20),
)
def test_what_a_program_writes_reads_back(amounts: list[int], label: str) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("address", "amount", "label"))
    writer.writerows((A, sats, label) for sats in amounts)
    listed = lists.from_csv(file.getvalue(), "regtest")
    assert [(each.sats, each.label) for each in listed.recipients] == [
        (sats, label.strip()) for sats in amounts
    ]
