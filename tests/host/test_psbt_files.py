"""PSBTs in files: every form and both versions are read, put together and compared."""

import base64
import codecs
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from embit.psbt import PSBT
from hypothesis import given
from hypothesis import strategies as st

from host import psbt_files
from host.__main__ import main
from host.errors import BadInput
from host.psbt import PsbtMaps
from host.psbt_files import combine, differences, read_psbt
from host.transactions import Transaction
from host.values import PaymentRequest, Recipient
from host.wallet import Wallet
from signer.formats.qr import ur
from tests.wallets import STRANGER, fund, paired, sign

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "psbt.json").read_text("utf-8"))
CASES = VECTORS["cases"]
# A payment spends something: a transaction without inputs is read by no wallet's parser here.
VALID = [case for case in CASES if case["verdict"] != "invalid" and "0 inputs" not in case["id"]]


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    wallet = paired(tmp_path / "w")
    for number, sats in enumerate((100_000, 60_000)):
        fund(wallet, sats, number)
    return wallet


@pytest.fixture
def draft(wallet: Wallet) -> bytes:
    return wallet.draft_request(PaymentRequest.to(STRANGER, None)).psbt


def raw_of(case: dict[str, str]) -> bytes:
    return base64.b64decode(case["base64"])


@pytest.mark.parametrize(
    "form",
    [
        bytes,
        base64.b64encode,
        base64.encodebytes,
        lambda raw: raw.hex().encode(),
        lambda raw: b"\n " + raw.hex().upper().encode() + b"\r\n",
        # Windows: what PowerShell's > and older editors write.
        lambda raw: codecs.BOM_UTF8 + base64.b64encode(raw),
        lambda raw: (base64.b64encode(raw).decode() + "\r\n").encode("utf-16"),
        lambda raw: raw.hex().encode("utf-16"),
        lambda raw: base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode,
        lambda raw: b'"' + base64.b64encode(raw) + b'"\n',
        lambda raw: f"\u201c{base64.b64encode(raw).decode()}\u201d\u200b".encode(),
        lambda raw: json.dumps({"psbt": base64.b64encode(raw).decode(), "fee": 0.1}).encode(),
        lambda raw: ur.render(ur.from_psbt(raw)).upper().encode(),
    ],
)
def test_every_form_of_a_file_is_the_same_psbt(
    draft: bytes, form: Callable[[bytes], bytes]
) -> None:
    assert read_psbt(form(draft)).encode() == draft


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "neither binary nor base64 nor hex"),
        (b"\x1f\x8b\x08\xff\xfe", "neither binary nor base64 nor hex"),
        (b'{"psbt": "cHNi', "begins as JSON, and is none"),
        (b'{"hex": "00"}', 'JSON without a "psbt"'),
        (b"[" * 100_000, "neither binary nor base64 nor hex"),
        (b'{"psbt":' + b"[" * 100_000, "begins as JSON, and is none"),
        (b"cHNidP8BAHECAAAAASPmIZ76dmFQ/EXQooq1v", "a letter of it is missing"),
        (b"02000000" + b"01" + b"00" * 36 + b"00" + b"ff" * 4 + b"01" + b"00" * 9 + b"00" * 4,
         "It is a transaction"),
    ],
)  # fmt: skip
def test_what_is_no_psbt_is_said_for_what_it_is(data: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read_psbt(data)


def test_version_2_reads_back_and_is_the_same_to_another_library(draft: bytes) -> None:
    newer = PsbtMaps.parse(draft).encode(2)
    assert read_psbt(newer).encode() == draft
    stranger = PSBT.parse(newer)
    assert stranger.version == 2
    assert stranger.tx.txid().hex() == Transaction.parse(PsbtMaps.parse(draft).unsigned_tx).name


def test_the_device_signs_version_2_and_the_wallet_takes_it(wallet: Wallet) -> None:
    draft = wallet.draft_request(PaymentRequest.to(STRANGER, None, 2))
    signed = sign(PsbtMaps.parse(draft.psbt).encode(2))
    payment = wallet.finish(draft, read_psbt(signed).encode())
    assert payment.fee_sats == draft.fee_sats


def _signed_by_halves(draft: bytes) -> tuple[PsbtMaps, PsbtMaps]:
    """Each with the signature of one coin only."""
    unsigned, signed = PsbtMaps.parse(draft), PsbtMaps.parse(sign(draft))
    (first, second), (bare_first, bare_second) = signed.inputs, unsigned.inputs
    left = PsbtMaps(unsigned.top, (first, bare_second), unsigned.outputs)
    return left, PsbtMaps(unsigned.top, (bare_first, second), unsigned.outputs)


def test_partial_signatures_are_kept_and_put_together(wallet: Wallet) -> None:
    draft = wallet.draft_request(PaymentRequest.to(STRANGER, None))
    halves = _signed_by_halves(draft.psbt)
    whole = combine(halves)
    assert wallet.finish(draft, whole.encode())
    assert combine(halves[::-1]).inputs == whole.inputs


def test_what_does_not_agree_is_not_put_together(wallet: Wallet, draft: bytes) -> None:
    another = wallet.draft_request(PaymentRequest((Recipient(STRANGER, 5_000),))).psbt
    with pytest.raises(BadInput, match="different transactions"):
        combine([PsbtMaps.parse(draft), PsbtMaps.parse(another)])
    own = PsbtMaps.parse(draft)
    key = next(iter(own.inputs[0]))
    changed = PsbtMaps(own.top, ({key: b"x"}, *own.inputs[1:]), own.outputs)
    with pytest.raises(BadInput, match="two different things"):
        combine([own, changed])


def test_signatures_change_nothing_and_a_changed_output_is_named(draft: bytes) -> None:
    own = PsbtMaps.parse(draft)
    assert differences(own, PsbtMaps.parse(sign(draft))) == ()
    transaction = Transaction.parse(own.unsigned_tx)
    cheaper = Transaction(
        transaction.version,
        transaction.inputs,
        (type(transaction.outputs[0])(1, transaction.outputs[0].script_pubkey),),
        7,
    )
    changed = PsbtMaps({**own.top, b"\x00": cheaper.encode()}, own.inputs, own.outputs)
    assert differences(own, changed) == ("Lock time 1, and 7.", "Output 1 differs.")


@pytest.mark.parametrize("case", VALID, ids=lambda case: case["id"][:50])
def test_published_psbts_are_read(case: dict[str, str]) -> None:
    psbt = read_psbt(raw_of(case))
    assert read_psbt(psbt.encode()) == psbt
    assert read_psbt(psbt.encode(2)).unsigned_tx == psbt.unsigned_tx


@given(data=st.binary(max_size=300), cut=st.integers(0, 400))
def test_no_bytes_break_it(data: bytes, cut: int) -> None:
    valid = raw_of(VALID[cut % len(VALID)])
    for variant in (data, psbt_files.MAGIC + data, valid[:cut] + data, base64.b64encode(data)):
        try:
            psbt = read_psbt(variant)
        except BadInput:
            continue
        assert read_psbt(psbt.encode()) == psbt


# ---- the command line


def test_files_are_compared_and_combined(
    wallet: Wallet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = wallet.draft_request(PaymentRequest.to(STRANGER, None))
    names = ["left", "right", "both", "other"]
    left, right, both, other = (str(tmp_path / f"{name}.psbt") for name in names)
    for file, half in zip((left, right), _signed_by_halves(draft.psbt), strict=True):
        Path(file).write_bytes(half.encode())
    assert main(["psbt", "combine", left, right, "--out", both, "--psbt-version", "2"]) == 0
    assert main(["psbt", "diff", left, both]) == 0
    assert "The same unsigned transaction" in capsys.readouterr().out
    another = wallet.draft_request(PaymentRequest.to(STRANGER, 7_000)).psbt
    Path(other).write_text(base64.b64encode(another).decode())
    assert main(["psbt", "diff", left, other, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["same"] is False
    assert told["differences"]
    assert main(["psbt", "diff", left, str(tmp_path / "none")]) == 2
    Path(other).write_text("hello")
    assert main(["psbt", "combine", left, other]) == 2
    assert "not a whole PSBT" in capsys.readouterr().err
    assert main(["psbt", "combine", both]) == 0
    assert base64.b64decode(capsys.readouterr().out).startswith(b"psbt\xff")
