"""Whole payments by light with the programs people have: pair, verify, pay, finalize.

The device is a process in a real terminal, its codes are that terminal's cells through a camera.
"""

import re
import time
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from firmware_emu.emulator import PIN
from signer.chains.bitcoin.psbt import container, fields
from signer.formats.qr import parts, seedqr, ur
from signer.keys.seeds.mnemonic import indexes_from_words
from tests import kernel, psbts
from tests.journeys import programs
from tests.journeys.light import (
    DROP,
    device,
    read_through,
    showing,
    shows_code,
    unlocked_device,
    watch,
)
from tests.journeys.programs import PROGRAMS, Program
from tests.journeys.readers import UrReader, cbor_bytes
from tests.lens import Lens
from tests.nights import AT_NIGHT
from tests.panes import Pane
from tests.wallets import WORDS

SCRIPTS = ("wpkh", "tr", "wsh")
MAINNET = "--network mainnet"
OTHERS = (psbts.keyring(psbts.OTHER), psbts.keyring("zoo " * 11 + "wrong"))
BY_NAME = {program.name: program for program in PROGRAMS}


class Table:
    """A program and a device before each other's cameras."""

    def __init__(self, program: Program, script: str, home: Path) -> None:
        self.program, self.script, self.home = program, script, home
        self.bdk = pytest.importorskip("bdkpython", reason="BDK is not installed")

    def journey(self) -> None:
        flags = f"{MAINNET} --peer {self.program.peer}"
        if self.program.name == "SeedSigner":
            with device(self.home, flags, size=self.program.window) as terminal:
                self.load_seed(terminal)
                self.pay(terminal)
        else:
            with unlocked_device(self.home, flags, size=self.program.window) as terminal:
                self.pay(terminal)

    def pay(self, terminal: Pane) -> None:
        descriptor = self.pair(terminal)
        wallet = self.wallet(descriptor)
        address = str(wallet.reveal_next_address(self.bdk.KeychainKind.EXTERNAL).address)
        is_late = self.script == "wsh" and self.program.name == "Nunchuk"
        if self.script == "wsh" and not is_late:
            self.register(terminal, descriptor)
        if not is_late:
            self.verify(terminal, address)
        request = self.draft(wallet)
        answer = self.sign(terminal, request, descriptor if is_late else "")
        if is_late:
            self.verify(terminal, address)
        self.finish(request, answer)

    def show(self, terminal: Pane, texts: list[str], *words: str) -> None:
        """Codes before the device until its panel says so."""
        eye, lens = self.home / "eye", Lens(2, DROP)
        with showing(texts, eye, self.program.period_s, lens):
            terminal.sees(*words, seconds=90)

    def pair(self, terminal: Pane) -> str:
        """The account's descriptor (BIP380), of the key that was read off the device's panel."""
        terminal.press_until("Enter", "Show account")
        terminal.press_until("Right", "▸ Show account")
        terminal.press_until("Enter", "█")
        title = self.program.account_title(self.script)
        for _ in range(10):
            if any(row.strip().startswith(title) for row in terminal.cells()):
                break
            terminal.press("c")
            time.sleep(0.7)
        with self.program.account_reader(self.script) as reader:
            payload = watch(terminal, reader, Lens(1, DROP)).payload
        terminal.press_until("x", "Unlocked.")
        key = self.program.key(payload, self.script)
        if self.script != "wsh":
            return f"{self.script}({key}/<0;1>/*)"
        keys = [key, *(psbts.key_text(keys, "m/48h/0h/0h/2h", "mainnet") for keys in OTHERS)]
        return f"wsh(sortedmulti(2,{','.join(f'{text}/<0;1>/*' for text in keys)}))"

    def wallet(self, descriptor: str):  # noqa: ANN201 - BDK's
        bdk = self.bdk
        both = bdk.Descriptor(descriptor, bdk.NetworkKind.MAIN)
        store = bdk.Persister.new_in_memory()
        return bdk.Wallet.create_from_two_path_descriptor(both, bdk.Network.BITCOIN, store, 25)

    def register(self, terminal: Pane, descriptor: str) -> None:
        codes = list(self.program.registration(descriptor))
        self.show(terminal, codes, "page ")
        pages = read_through(terminal, lambda text: '│ for "' in text)
        assert any("2 of 3" in page or "2 of these 3" in page for page in pages), pages
        go_home(terminal)

    def verify(self, terminal: Pane, address: str) -> None:
        self.show(terminal, [self.program.address(address)], "Yes: your address")
        pages = read_through(terminal, lambda text: "page " not in text)
        go_home(terminal)
        shown = "".join(re.sub(r"[│▐]", "", "".join(pages)).split())
        assert address in shown, pages

    def draft(self, wallet) -> bytes:  # noqa: ANN001 - BDK's
        """A payment of two coins, with all that BDK writes."""
        bdk = self.bdk
        external = bdk.KeychainKind.EXTERNAL
        for number in range(2):
            script = bytes(wallet.reveal_next_address(external).address.script_pubkey().to_bytes())
            coin = psbts.previous_tx([psbts.output(60_000, script)], number, witness=True)
            wallet.apply_unconfirmed_txs([bdk.UnconfirmedTx(tx=bdk.Transaction(coin), last_seen=1)])
        builder = bdk.TxBuilder().fee_rate(bdk.FeeRate.from_sat_per_vb(2))
        builder = builder.add_recipient(bdk.Script(psbts.PAYEE), bdk.Amount.from_sat(100_000))
        return b64decode(builder.finish(wallet).serialize())

    def sign(self, terminal: Pane, request: bytes, late: str) -> bytes:
        """The answer as it was read. A `late` account is shown once the payment waits for it."""
        codes = list(self.program.request(request, self.script))
        self.show(terminal, codes, "Not registered" if late else "page ")
        if late:
            self.show(terminal, list(self.program.registration(late)), "page ")
        pages = read_through(terminal, shows_code, seconds=120)
        assert any("Pay 100 000 sats" in page for page in pages), pages
        assert "hold: sign" in pages[-1]
        with self.program.answer_reader(self.script) as reader:
            seen = watch(terminal, reader, Lens(3, DROP))
        terminal.press_until("x", "Unlocked.")
        return self.program.answer(seen.payload, self.script)

    def finish(self, request: bytes, answer: bytes) -> None:
        """Combined with what the program has, and finished; Bitcoin Core's engine takes it."""
        combined = self.combined(request, answer)
        if self.script == "wsh":
            signer = OTHERS[0]
            several = psbts.vault(
                "wsh(sortedmulti(2,@0/**,@1/**,@2/**))",
                psbts.keyring(),
                *OTHERS,
                network="mainnet",
                at="m/48h/0h/0h/2h",
            )
            second = psbts.sign_part(request, signer, "mainnet", [several.record(signer)])
            combined = self.combined(b64decode(combined.serialize()), second)
        finished = combined.finalize()
        assert finished.could_finalize, finished.errors
        raw_tx = bytes(finished.psbt.extract_tx().serialize())
        asked = container.parse(request)
        spent = [kernel.spent_output(asked, index) for index in range(len(asked.inputs))]
        assert len(spent) == 2
        assert all(kernel.verdicts(raw_tx, spent))

    def combined(self, request: bytes, answer: bytes):  # noqa: ANN201 - BDK's
        bdk = self.bdk
        ours, theirs = (bdk.Psbt(b64encode(psbt).decode()) for psbt in (request, answer))
        return ours.combine(theirs)

    def load_seed(self, terminal: Pane) -> None:
        """A new device is shown the SeedQR that SeedSigner makes of the words everybody knows."""
        terminal.sees("New wallet")
        digits = seedqr.digits(indexes_from_words(WORDS))
        self.show(terminal, [digits.decode()], "Load this seed?", "73c5da0a")
        while "Load this seed?" in terminal.text():
            time.sleep(0.7)
            terminal.hold("Enter", 1.5)
        for title, following in (("Choose a PIN", "again"), ("again", "Unlocked.")):
            terminal.sees(title)
            terminal.press(*PIN)
            terminal.sees("* * * *")
            terminal.press_until("Enter", following)


def go_home(terminal: Pane) -> None:
    """After a key that may still be down: from wherever that has led to."""
    time.sleep(1.0)
    terminal.press_until("x", "Unlocked.")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", BY_NAME)
@AT_NIGHT
def test_a_program_pairs_verifies_and_pays(name: str, script: str, tmp_path: Path) -> None:
    Table(BY_NAME[name], script, tmp_path).journey()


@AT_NIGHT
@pytest.mark.timeout(300)
def test_the_answer_to_a_hundred_inputs_takes_the_time_that_is_said(tmp_path: Path) -> None:
    """Two of three: a third of the bytes of the whole, read off a window of 120x40 cells."""
    keys = psbts.keyring()
    several = psbts.vault("wsh(sortedmulti(2,@0/**,@1/**,@2/**))", keys, *OTHERS)
    draft = psbts.draft(several, 100)
    for spent in draft.ins:
        spent.drop(fields.NON_WITNESS_UTXO)
    request = draft.encode()
    whole = psbts.sign_part(request, keys, records=[several.record(keys)])
    texts = ",".join(f"{psbts.key_text(signer)}/<0;1>/*" for signer in several.signers)
    descriptor = programs.with_checksum(f"wsh(sortedmulti(2,{texts}))")
    flags = "--network regtest --peer quietkey"
    with unlocked_device(tmp_path, flags, size=(120, 40)) as terminal:
        eye, lens = tmp_path / "eye", Lens.clear()
        with showing([descriptor], eye, 0.2, lens):
            terminal.sees("page ", seconds=60)
        read_through(terminal, lambda text: '│ for "' in text)
        go_home(terminal)
        with showing(parts.split(ur.from_psbt(request), 580), eye, 0.1, lens):
            terminal.sees("page ", seconds=120)
        read_through(terminal, shows_code, seconds=120)
        with UrReader("crypto-psbt") as reader:
            seen = watch(terminal, reader, None)
    answer = cbor_bytes(seen.payload)
    figures = f"{len(answer)} of {len(whole)} bytes, {seen.seconds:.1f} s, {seen.said_s} s said"
    assert len(answer) <= len(whole) / 3, figures
    assert seen.seconds == pytest.approx(seen.said_s, rel=0.2), figures
