"""T81 on the whole device: what is left in the memory of its process once it has locked.

A device process of its own is given a seed, or makes one, and lives through what happens to
devices. From outside its whole memory is then searched for every secret it ever had.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from firmware_emu import entropy_pool as pool
from firmware_emu.emulator import EmulatorProcess, sealed_record
from firmware_emu.emulator.presets import CHEAP
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows.seed import new_seed
from firmware_emu.screens.dice import Rolled
from firmware_emu.storage import vault
from firmware_emu.storage.flash import stored
from signer.formats import cbor, small_qr
from signer.keys.backups import codex32, slip39
from signer.keys.keyring import Keyring
from signer.keys.path import render
from signer.keys.seeds import bip85, mnemonic
from tests import memory, psbts
from tests.nights import AT_NIGHT, cases

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0,
        reason="only root, of this system or of a namespace (unshare -r), may look into a device",
    ),
    pytest.mark.timeout(120),
]

ROOT = Path(__file__).resolve().parents[2]
PIN = "73951846"
PASSPHRASE = "Correct7Horse9Battery4Staple"
HIDDEN = "a passphrase that nobody guesses"
ENTROPY = sha256(b"the seed of a device whose memory is searched").digest()
WORDS = mnemonic.words_from_entropy(ENTROPY)
TWELVE = mnemonic.words_from_entropy(ENTROPY[:16])
# Of a coin that is spent here, and of the change.
PATHS = [
    psbts.path(script, branch, index)
    for script in ("wpkh", "tr")
    for branch, index in ((0, 0), (1, 3))
]
MASTER = {"key m", "chain code m"}
ACCOUNTS = {"key m/84h/1h/0h", "key m/86h/1h/0h"}


def secrets(entropy: bytes, record: bytes) -> dict[str, bytes]:
    """Everything whose discovery would cost coins, by name. `record` is what the flash holds."""
    found = memory.of_a_seed(entropy) | {"sealing key": sealing_key(record)} | pins(PIN)
    for where in PATHS:
        found |= memory.of_a_path(found["seed"], where)
        found[f"tweaked key {render(where)}"] = memory.tweaked(found[f"key {render(where)}"])
    return found


def pins(*typed: str) -> dict[str, bytes]:
    """PINs, each whole and without its last character: as it was a key press before."""
    return {f"PIN {text}": text.encode() for pin in typed for text in (pin, pin[:-1])}


def sealing_key(record: bytes) -> bytes:
    """What the PIN is stretched to: with a copy of the flash it is as good as the seed."""
    sealed = vault.parse(record).sealed
    assert sealed is not None
    return bytes(sealed.cost.stretch(PIN, sealed.salt))


class Wire:
    """A client of the Jade protocol at a device process."""

    def __init__(self, device: EmulatorProcess) -> None:
        self._socket = socket.create_connection(device.address, 30)
        self._device = device

    def request(self, method: str, **params: object) -> None:
        self._socket.sendall(cbor.encode({"id": "1", "method": method, "params": params}))

    def reply(self) -> dict[str, object]:
        heard = b""
        while not isinstance(found := cbor.decode_prefix(heard, cbor.LENIENT), cbor.Complete):
            heard += self._socket.recv(1 << 16)
        return dict(found.value)

    def sign(self, psbt: bytes) -> dict[str, object]:
        self.request("sign_psbt", network="localtest", psbt=psbt)
        self._device.approve()
        return self.reply()

    def close(self) -> None:
        self._socket.close()


def choose(device: EmulatorProcess, item: str) -> None:
    device.wait_for("menu")
    while not any(line.startswith(f"▸ {item}") for line in device.screen.lines):
        device.press("right")
    device.press("ok")


def enter_pin(device: EmulatorProcess, pin: str = PIN) -> None:
    device.wait_for("pinpad")
    for character in pin:  # as a person types it
        device.type(character)
    device.press("ok")


def restore(device: EmulatorProcess, words: tuple[str, ...] = WORDS, pin: str = PIN) -> None:
    choose(device, "I have a seed")
    choose(device, f"{len(words)} words")
    for word in words:
        device.type(word)
        device.press("ok")
    enter_pin(device, pin)
    enter_pin(device, pin)
    device.wait_for("home")


def shown(device: EmulatorProcess) -> tuple[str, ...]:
    """The words of a new seed, as a person writes them down."""
    choose(device, "New wallet")
    device.type("123456" * 9)
    device.press("hold", "ok")
    words: list[str] = []
    while device.screen.kind == "words":
        words += [line.split()[1] for line in device.screen.lines[1:-1] if line]
        device.press("ok")
    return tuple(words)


def make(device: EmulatorProcess) -> tuple[str, ...]:
    """From the first start to unlocked, with a new seed; its words."""
    words = shown(device)
    while device.screen.kind == "letters":
        number = int(device.screen.lines[0].split()[1])
        device.type(words[number - 1])
        device.press("ok")
    enter_pin(device)
    enter_pin(device)
    device.wait_for("home")
    return words


def lock(device: EmulatorProcess) -> None:
    if device.screen.kind == "notice":
        device.press("ok")
    device.press("ok")
    choose(device, "Lock")
    assert device.wait_for("home").state == "locked"


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    return tmp_path / "device.flash"


def test_in_use_there_are_keys_alone_and_locked_there_is_nothing(flash: Path) -> None:
    ours = psbts.keyring(" ".join(WORDS))
    with EmulatorProcess(flash) as device, closing(Wire(device)) as wire:
        restore(device)
        known = secrets(ENTROPY, stored(flash) or b"")
        assert memory.residue(device.pid, known) == MASTER
        for script in ("wpkh", "tr"):
            assert "result" in wire.sign(psbts.build(ours, 2, script))
            device.press("ok")
        in_use = memory.residue(device.pid, known)
        assert in_use >= MASTER | ACCOUNTS
        # Neither what the keys were made of, nor any key that signed.
        assert not in_use & {"entropy", "words", "seed", "sealing key"}
        assert not [name for name in in_use if name.count("/") == 5]
        lock(device)
        assert memory.residue(device.pid, known) == set()


@AT_NIGHT
def test_after_refusals_wrong_pins_and_a_pulled_cable_there_is_nothing_either(flash: Path) -> None:
    keys = psbts.keyring(" ".join(WORDS))
    record = sealed_record(" ".join(WORDS), PIN)
    known = secrets(ENTROPY, record)
    with EmulatorProcess(flash, record) as device:
        device.press("ok")
        enter_pin(device, PIN[::-1])
        device.wait_for("notice")
        assert memory.residue(device.pid, known) == set()
        device.press("ok")
        enter_pin(device)
        device.wait_for("home")
        with closing(Wire(device)) as wire:
            mixed = psbts.draft(keys, 2)
            mixed.ins[1] = psbts.draft(psbts.keyring(), 2).ins[1]
            for request in (mixed.encode(), b"psbt\xff" + bytes(40)):
                wire.request("sign_psbt", network="localtest", psbt=request)
                assert "error" in wire.reply()
                device.wait_for("notice")
                device.press("ok")
            wire.request("sign_psbt", network="localtest", psbt=psbts.build(keys, 2))
            device.wait_for("confirm")
        device.wait_for("notice")
        assert "key m/84h/1h/0h" in memory.residue(device.pid, known)
        lock(device)
        assert memory.residue(device.pid, known) == set()


@AT_NIGHT
def test_a_new_seed_leaves_nothing_after_it_was_shown_asked_back_and_used(flash: Path) -> None:
    with EmulatorProcess(flash) as device:
        words = make(device)
        known = secrets(bytes(mnemonic.entropy_from_words(words)), stored(flash) or b"")
        assert memory.residue(device.pid, known) == MASTER
        assert memory.rows(device.pid, words) == set()
        lock(device)
        assert memory.residue(device.pid, known) == set()


@pytest.mark.parametrize("pin", [PIN, PASSPHRASE], ids=["digits", "letters"])
def test_no_pin_is_left_after_setting_it_wrong_ones_and_two_unlockings(
    flash: Path, pin: str
) -> None:
    """With a copy of the flash the PIN is the seed. The library that stretches it keeps a copy."""
    wrong = pin[::-1]
    known = pins(pin, wrong)
    with EmulatorProcess(flash) as device:
        restore(device, TWELVE, pin)
        assert memory.residue(device.pid, known) == set()
        lock(device)
        assert memory.residue(device.pid, known) == set()
        for _ in range(2):
            device.press("ok")
            enter_pin(device, wrong)
            device.wait_for("notice")
            assert memory.residue(device.pid, known) == set()
            device.press("ok")
            enter_pin(device, pin)
            device.wait_for("home")
            assert memory.residue(device.pid, known) == set()
            lock(device)
            assert memory.residue(device.pid, known) == set()


@pytest.mark.parametrize("left", cases(["stop", "abandon"], {"abandon"}))
def test_no_pin_is_left_that_was_typed_and_not_used(flash: Path, left: str) -> None:
    with (
        EmulatorProcess(flash, sealed_record(" ".join(WORDS), PIN)) as device,
        closing(Wire(device)) as wire,
    ):
        if left == "abandon":
            wire.request("auth_user", network="localtest")
        else:
            device.press("ok")
        device.wait_for("pinpad")
        for character in PIN:
            device.type(character)
        # The control: while it is on the pad it is there, once.
        assert memory.residue(device.pid, pins(PIN)) == set(pins(PIN))
        if left == "abandon":
            wire.close()
            device.wait_for("notice")
        else:
            device.press("stop")
            device.wait_for("home")
        assert memory.residue(device.pid, pins(PIN)) == set()


@pytest.mark.parametrize(
    "words", [pytest.param(TWELVE, id="12"), pytest.param(WORDS, id="24", marks=AT_NIGHT)]
)
def test_no_row_of_words_is_left_after_they_were_typed_and_after_each_unlocking(
    flash: Path, words: tuple[str, ...]
) -> None:
    """CPython keeps the tuples it let go of as they were, and a row of words is the seed."""
    with EmulatorProcess(flash) as device:
        restore(device, words)
        assert memory.rows(device.pid, words) == set()
        lock(device)
        device.press("ok")
        enter_pin(device)
        device.wait_for("home")
        assert memory.rows(device.pid, words) == set()


@AT_NIGHT
def test_words_that_were_shown_and_not_kept_leave_nothing(flash: Path) -> None:
    with EmulatorProcess(flash) as device:
        words = shown(device)
        device.press("stop")
        device.wait_for("menu")
        known = memory.of_a_seed(bytes(mnemonic.entropy_from_words(words)))
        assert memory.residue(device.pid, known) == set()
        assert memory.rows(device.pid, words) == set()


def use_passphrase(device: EmulatorProcess, passphrase: str) -> None:
    device.press("ok")
    choose(device, "Passphrase")
    device.wait_for("textpad")
    for character in passphrase:
        device.type(character)
    device.press("ok")
    enter_pin(device)
    device.wait_for("question")
    device.press("hold")
    device.wait_for("home")


@AT_NIGHT
def test_a_passphrase_is_on_its_pad_alone_and_its_keys_go_with_the_lock(flash: Path) -> None:
    """T129: neither the passphrase nor what it made outlives its use."""
    ours = Keyring(mnemonic.seed_from_words(WORDS, HIDDEN))
    typed = pins(HIDDEN)
    with EmulatorProcess(flash) as device, closing(Wire(device)) as wire:
        restore(device)
        plain = secrets(ENTROPY, stored(flash) or b"")
        device.press("ok")
        choose(device, "Passphrase")
        device.wait_for("textpad")
        for character in HIDDEN:
            device.type(character)
        # The control: while it is on the pad it is there.
        assert memory.residue(device.pid, typed) == set(typed)
        device.press("stop")
        device.wait_for("home")
        assert memory.residue(device.pid, typed) == set()
        use_passphrase(device, HIDDEN)
        known = memory.of_a_seed(ENTROPY, HIDDEN)
        assert memory.residue(device.pid, known | typed) == MASTER
        assert memory.residue(device.pid, plain) == set()
        assert "result" in wire.sign(psbts.build(ours, 2))
        assert memory.residue(device.pid, known | typed) >= MASTER
        lock(device)
        assert memory.residue(device.pid, known | typed | plain) == set()


@AT_NIGHT
def test_a_child_seed_that_was_shown_leaves_nothing(flash: Path) -> None:
    """T132: its words are in memory while they are on the screen."""
    child = mnemonic.entropy_from_words(bip85.words(psbts.keyring(" ".join(WORDS)), 12, 5))
    words = mnemonic.words_from_entropy(child)
    known = memory.of_a_seed(bytes(child))
    with EmulatorProcess(flash, sealed_record(" ".join(WORDS), PIN)) as device:
        device.press("ok")
        enter_pin(device)
        device.wait_for("home")
        device.press("ok")
        choose(device, "Child seed")
        choose(device, "12 words")
        device.type("5")
        device.press("ok")
        choose(device, "Show its words")
        enter_pin(device)
        device.wait_for("question")
        device.press("hold")
        device.wait_for("words")
        assert "entropy" in memory.residue(device.pid, known)  # the control
        while device.screen.kind == "words":
            device.press("ok")
        device.press("stop")
        device.wait_for("home")
        assert memory.residue(device.pid, known) == set()
        assert memory.rows(device.pid, words) == set()


@AT_NIGHT
def test_parts_that_were_shown_leave_nothing(flash: Path) -> None:
    """T134: each part is in memory while all are shown, and the seed, too."""
    with EmulatorProcess(flash, sealed_record(" ".join(WORDS), PIN)) as device:
        device.press("ok")
        enter_pin(device)
        device.wait_for("home")
        device.press("ok")
        choose(device, "Backup")
        enter_pin(device)
        choose(device, "Parts (Seed XOR)")
        choose(device, "2 parts")
        device.wait_for("question")
        device.press("hold")
        device.wait_for("words")
        words: list[str] = []
        while device.screen.kind == "words":
            words += [line.split()[1] for line in device.screen.lines[1:-1] if line]
            device.press("ok")
        part = bytes(mnemonic.entropy_from_words(words))
        other = bytes(a ^ b for a, b in zip(part, ENTROPY, strict=True))
        known = {"part": part, "other part": other, "seed": ENTROPY}
        assert memory.residue(device.pid, known) == set(known)  # the control
        device.press("stop")
        device.wait_for("home")
        assert memory.residue(device.pid, known) == set()
        assert memory.rows(device.pid, words) == set()


@AT_NIGHT
def test_an_encrypted_code_leaves_neither_the_seed_nor_its_password(flash: Path) -> None:
    """T138: both are in memory until the copy was read, or nobody wants to read it."""
    password = "correct horse battery"
    with EmulatorProcess(flash, sealed_record(" ".join(WORDS), PIN)) as device:
        device.press("ok")
        enter_pin(device)
        device.wait_for("home")
        device.press("ok")
        choose(device, "Backup")
        enter_pin(device)
        choose(device, "Encrypted code (KEF)")
        device.wait_for("question")
        device.press("hold")
        for _ in range(2):
            device.wait_for("textpad")
            device.type(password)
            device.press("ok")
        device.wait_for("qr")
        known = {"password": password.encode(), "seed": ENTROPY}
        assert memory.residue(device.pid, known) == set(known)  # the control
        device.press("ok")
        device.wait_for("readback")
        device.press("stop", "ok")
        device.wait_for("home")
        assert memory.residue(device.pid, known) == set()


def is_drawn(pid: int, rows: bytes) -> bool:
    """Whether 40 squares in a row of these, which no other code has, are in a process's memory."""
    pieces = [rows[start : start + 40] for start in range(0, 80, 8)]
    return any(piece in page for _, page in memory.memory_of(pid) for piece in pieces)


@AT_NIGHT
def test_a_code_that_was_drawn_leaves_neither_the_seed_nor_its_squares(flash: Path) -> None:
    with EmulatorProcess(flash, sealed_record(" ".join(WORDS), PIN)) as device:
        device.press("ok")
        enter_pin(device)
        device.wait_for("home")
        device.press("ok")
        choose(device, "Backup")
        enter_pin(device)
        choose(device, "SeedQR to draw")
        choose(device, "Compact SeedQR")
        device.wait_for("question")
        device.press("hold")
        device.wait_for("grid")
        known, rows = {"seed": ENTROPY}, bytes(small_qr.modules(ENTROPY)[9 * 21 :])
        assert memory.residue(device.pid, known) == set(known)  # the control
        assert is_drawn(device.pid, rows)
        device.press("stop")
        device.wait_for("home")
        assert memory.residue(device.pid, known) == set()
        assert not is_drawn(device.pid, rows)


def load_unkept(device: EmulatorProcess, words: tuple[str, ...], passphrase: str = "") -> None:
    """A seed into a device that keeps nothing."""
    choose(device, "I have a seed")
    choose(device, f"{len(words)} words")
    for word in words:
        device.type(word)
        device.press("ok")
    choose(device, "Add a passphrase" if passphrase else "Use it")
    if passphrase:
        device.wait_for("textpad")
        for character in passphrase:
            device.type(character)
        device.press("ok")
        device.wait_for("question")
        device.press("hold")
    device.wait_for("home")


@AT_NIGHT
def test_seeds_that_are_kept_nowhere_leave_nothing_when_they_are_forgotten(flash: Path) -> None:
    """T133: in use there are master keys alone, and no file is made."""
    plain = memory.of_a_seed(ENTROPY[:16])
    hidden = memory.of_a_seed(ENTROPY[:16], HIDDEN) | pins(HIDDEN)
    with EmulatorProcess(flash, flags=("--stateless", "--tcp", "0")) as device:
        load_unkept(device, TWELVE)
        assert memory.residue(device.pid, plain) == MASTER
        device.press("ok")
        choose(device, "Load another seed")
        load_unkept(device, TWELVE, HIDDEN)
        assert memory.residue(device.pid, hidden) == MASTER
        assert memory.rows(device.pid, TWELVE) == set()
        device.press("ok")
        choose(device, "Forget all seeds")
        device.press("hold")
        assert device.wait_for("menu").state == "empty"
        assert memory.residue(device.pid, plain | hidden) == set()
        assert not flash.exists()


@AT_NIGHT
def test_shares_that_were_typed_leave_neither_themselves_nor_their_secret(flash: Path) -> None:
    """T130: nothing of a backup is left but the master key that it makes."""
    plan = slip39.SharePlan(1, ((2, 3),), exponent=0)
    shares = slip39.split(ENTROPY, plan, bytes(range(32)), HIDDEN)[0]
    rows = [share.words() for share in shares[:2]]
    with EmulatorProcess(flash) as device:
        choose(device, "I have a seed")
        choose(device, "SLIP39 shares")
        choose(device, "33 words")
        for words in rows:
            for word in words:
                device.type(word)
                device.press("ok")
            device.wait_for("notice", "textpad")
            if device.screen.kind == "notice":
                device.press("ok")
        for character in HIDDEN:
            device.type(character)
        device.press("ok")
        device.wait_for("question")
        device.press("hold")
        enter_pin(device)
        enter_pin(device)
        device.wait_for("home")
        known = {f"share {share.member}": bytes(share.value) for share in shares[:2]}
        known |= {"secret": ENTROPY} | pins(HIDDEN)
        assert memory.residue(device.pid, known) == set()
        for words in rows:
            assert memory.rows(device.pid, words) == set()


@AT_NIGHT
def test_codex32_that_was_typed_and_changed_leaves_nothing(flash: Path) -> None:
    text = codex32.from_seed(ENTROPY, "test").encode()
    wrong = text[:40] + ("q" if text[40] != "q" else "p") + text[41:]
    with EmulatorProcess(flash) as device:
        choose(device, "I have a seed")
        choose(device, "codex32")
        for character in wrong:
            device.type(character)
        device.press("ok")
        device.wait_for("notice")
        device.press("ok")
        choose(device, "Look through")
        device.type("11")
        device.press("ok")
        for character in text[40:44]:
            device.type(character)
        device.press("ok", "ok")
        device.wait_for("question")
        device.press("hold")
        enter_pin(device)
        enter_pin(device)
        device.wait_for("home")
        known = {"text": text.encode(), "secret": ENTROPY}
        assert memory.residue(device.pid, known) == set()


# A device in memory whose signatures no longer verify from the moment of approval on: a fault.
FAULTY = """
import sys
from firmware_emu.emulator import Emulator
from signer.keys.curve import raw

class Library:
    def __init__(self, right):
        self.right = right

    def __getattr__(self, name):
        return (lambda *_: 0) if name == "secp256k1_ecdsa_verify" else getattr(self.right, name)

record, psbt = (bytes.fromhex(line) for line in sys.stdin.readline().split())
device = Emulator(record=record, pin=sys.argv[1])
device.request("sign_psbt", {"network": "localtest", "psbt": psbt})
raw.lib = Library(raw.lib)
device.approve()
print(device.screen.state, device.screen.lines[0], flush=True)
sys.stdin.readline()
"""


def test_a_fault_in_a_signature_locks_the_device_and_leaves_nothing() -> None:
    record = sealed_record(" ".join(WORDS), PIN)
    psbt = psbts.build(psbts.keyring(" ".join(WORDS)), 2)
    with process(FAULTY, PIN) as faulty:
        assert told(faulty, f"{record.hex()} {psbt.hex()}").split() == ["locked", "Locked"]
        known = secrets(ENTROPY, record)
        # The PIN is an argument of this process, which is no device that is typed on.
        assert memory.residue(faulty.pid, known) == set(pins(PIN))


# A process that has each secret once more than it should, as bytes or as a text.
FORGETFUL = """
import sys

words, *rest = (bytes.fromhex(line) for line in sys.stdin.readline().split())
kept = [rest, words.decode()] if sys.argv[1] == "text" else [rest, words]
del words
print("kept", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("kind", ["bytes", "text"])
def test_the_search_finds_every_kind_of_secret_that_was_left_behind(kind: str) -> None:
    # The control: with one forgotten copy of anything the tests above would fail.
    known = secrets(ENTROPY, sealed_record(" ".join(WORDS), PIN))
    line = " ".join(secret.hex() for secret in (known["words"], *known.values()))
    with process(FORGETFUL, kind) as forgetful:
        assert told(forgetful, line) == "kept"
        assert memory.residue(forgetful.pid, known) == set(known)


# A process that has the words of a seed in a row, or had them and let them go.
CARELESS = """
import sys
from signer.keys.seeds import bip85, mnemonic

kind = {kinds}[sys.argv[1]]
kept = kind(mnemonic.words_from_entropy(bytes.fromhex(sys.stdin.readline())))
print("kept", flush=True)
sys.stdin.readline()
"""
KINDS = {
    "tuple": "tuple",
    "list": "list",
    "bytes": "lambda words: [word.encode() for word in words]",
    "let go": "len",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_search_finds_every_kind_of_row_of_words(kind: str) -> None:
    # The control, on each interpreter: one that lays out its objects otherwise is searched blind.
    rows = ", ".join(f"{name!r}: {code}" for name, code in KINDS.items())
    with process(CARELESS.replace("{kinds}", f"{{{rows}}}"), kind) as careless:
        assert told(careless, ENTROPY[:16].hex()) == "kept"
        assert len(memory.rows(careless.pid, TWELVE)) >= 8


Made = list[bytes | bytearray]


def noted(right: Callable[..., bytes | bytearray], made: Made) -> Callable[..., bytes | bytearray]:
    """The same function, which also notes what it made: somebody shall erase that."""

    def call(*arguments: object) -> bytes | bytearray:
        made.append(right(*arguments))
        return made[-1]

    return call


def test_what_the_vault_was_given_is_zeros_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    # Freed memory is soon used again, so that a search seldom finds what was not erased.
    keys, opened = Made(), Made()
    right = vault.ChaCha20Poly1305

    class Cipher:
        def __init__(self, key: bytes) -> None:
            self._cipher = right(key)

        def encrypt(self, nonce: bytes, padded: bytearray, bound: bytes) -> bytes:
            opened.append(padded)
            return self._cipher.encrypt(nonce, padded, bound)

        def decrypt(self, nonce: bytes, box: bytes, bound: bytes) -> bytes:
            opened.append(self._cipher.decrypt(nonce, box, bound))
            return opened[-1]

    monkeypatch.setattr(vault, "ChaCha20Poly1305", Cipher)
    monkeypatch.setattr(vault.Cost, "stretch", noted(vault.Cost.stretch, keys))
    sealed = vault.seal(ENTROPY, PIN, CHEAP, bytes(28))
    assert sealed.open(PIN) == ENTROPY
    with pytest.raises(vault.WrongPin):
        sealed.open(PIN[::-1])
    assert [bytes(key) for key in keys] == [bytes(32)] * 3
    assert [bytes(padded) for padded in opened] == [bytes(33)] * 2


def test_what_a_new_seed_was_made_of_is_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    monkeypatch.setattr(new_seed, "mix", noted(new_seed.mix, made))
    monkeypatch.setattr(EntropyPool, "draw", noted(EntropyPool.draw, made))
    conversation = new_seed.new_seed(EntropyPool(bytes(32)))
    next(conversation)
    conversation.send(Rolled("123456"))
    assert [bytes(one) for one in made] == [bytes(32)] * 2


def test_a_pool_keeps_nothing_that_it_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    states, made = Made(), Made()
    monkeypatch.setattr(pool, "mix", noted(pool.mix, states))
    monkeypatch.setattr(pool, "tagged_hash", noted(pool.tagged_hash, made))
    one = EntropyPool(bytes(32))
    one.stir(bytes(32))
    one.draw(40)
    *before, _now = states
    assert [bytes(state) for state in before] == [bytes(32)] * 2
    assert [bytes(one) for one in made] == [bytes(32)] * 3


@contextmanager
def process(code: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def told(running: "subprocess.Popen[str]", line: str) -> str:
    """What a process says to a line."""
    assert running.stdin is not None
    assert running.stdout is not None
    print(line, file=running.stdin, flush=True)
    return running.stdout.readline().strip()
