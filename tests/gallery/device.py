"""Every screen of the device, out of real conversations, as pictures and as one text.

python -m tests.gallery.device FOLDER
"""

import sys
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from PIL import Image

from firmware_emu.effects import Show
from firmware_emu.emulator.memory import Emulator
from firmware_emu.emulator.presets import MNEMONIC, PIN, ScreenView, sealed_record
from firmware_emu.events import BytesIn, Port
from firmware_emu.paint.canvas import Canvas
from firmware_emu.paint.paint import paint
from firmware_emu.screens import COLUMNS, Screen
from firmware_emu.screens.qr import Qr
from firmware_emu.storage import vault
from signer.formats.qr import parts, ur
from tests import envelopes, psbts

PAYMENTS = Path(__file__).with_name("payments.txt")
SCALE = 2  # a picture is looked at from further away than a panel
BEZEL = 8
# Each key changes them a little.
MOST = {"letters": 3, "pinpad": 3, "dice": 3, "qr": 3, "textpad": 7, "grid": 3}
_WRONG = "9999"
_HARDENED = 1 << 31
# A key that shares an account with everybody's test seed, in the stories about several keys.
_COSIGNER = (
    "[3f635a63/48h/1h/0h/2h]tpubDFPtPArj4GzBEFHohegg1Xatrc1Fi9oSox5LzuSRX91miwQxuUrEpBxpvDRsmZYJKYF"
    "hgdK3UStsjC8JKXfUbMinjFqiEM4uNwzVaCaHpys"
)
# Published vectors: SLIP39's number 4, BIP93's number 1.
_SHARES = (
    "shadow pistol academic always adequate wildlife fancy gross oasis cylinder "
    "mustang wrist rescue view short owner flip making coding armed "
    "shadow pistol academic acid actress prayer class unknown daughter sweater "
    "depict flip twice unkind craft early superior advocate guest smoking"
)
_CODEX32 = "ms10testsxxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw"
_TOGETHER = "wsh(sortedmulti(2,@0/**,@1/**))"
_IN_TURN = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(52560))))"


class Unkept(Emulator):
    """A device that keeps nothing."""

    cost = None


@dataclass(frozen=True, slots=True)
class Look:
    """One screen: `name` is its story and place in it."""

    name: str
    screen: Screen
    seen: ScreenView
    canvas: Canvas


@dataclass(slots=True)
class Album:
    """A face that keeps every screen that looks different from those before it."""

    story: str
    looks: list[Look] = field(default_factory=list)
    _known: set[bytes] = field(default_factory=set)

    def show(self, show: Show) -> None:
        seen, canvas = ScreenView.of(show), paint(show.screen)
        alike = sum(look.seen.kind == seen.kind for look in self.looks)
        if canvas.pixels() not in self._known and alike < MOST.get(seen.kind, 99):
            self._known.add(canvas.pixels())
            name = f"{self.story}-{len(self.looks) + 1:02}-{seen.kind}"
            self.looks.append(Look(name, show.screen, seen, canvas))


def payments() -> Mapping[str, bytes]:
    """PSBTs that everybody's test seed is asked to sign, by name; "a name" on mainnet."""
    found: dict[str, str] = {}
    name = ""
    for line in PAYMENTS.read_text("ascii").splitlines():
        if line.startswith("= "):
            name = line.removeprefix("= ")
        else:
            found[name] = found.get(name, "") + line
    return {name: b64decode(text) for name, text in found.items()}


@cache
def looks() -> tuple[Look, ...]:
    """All screens of all stories, the same ones on every machine."""
    found: list[Look] = []
    for story, (device, play) in _stories().items():
        album = Album(story)
        device.watch(album)
        play(device)
        found += album.looks
    return tuple(found)


def text(found: Iterable[Look]) -> str:
    """All screens as one text."""
    return "\n".join(f"{look.name}  {look.seen.state}\n{_framed(look.seen)}\n" for look in found)


def main(folder: Path) -> None:
    """Write a picture of each screen, and screens.txt with all of them as text."""
    folder.mkdir(parents=True, exist_ok=True)
    found = looks()
    for look in found:
        _picture(look.canvas).save(folder / f"{look.name}.png")
    (folder / "screens.txt").write_text(text(found), encoding="utf-8")


def _framed(seen: ScreenView) -> str:
    """In a frame, so that spaces at the ends can be seen."""
    edge = f"+{'-' * COLUMNS}+"
    return "\n".join((edge, *(f"|{line.ljust(COLUMNS)}|" for line in seen.lines), edge))


def _picture(canvas: Canvas) -> Image.Image:
    panel = Image.frombytes("L", (canvas.width, canvas.height), canvas.pixels())
    panel = panel.resize((canvas.width * SCALE, canvas.height * SCALE), Image.Resampling.NEAREST)
    framed = Image.new("L", (panel.width + 2 * BEZEL, panel.height + 2 * BEZEL), 40)
    framed.paste(panel, (BEZEL, BEZEL))
    return framed


Play = Callable[[Emulator], object]


def _stories() -> dict[str, tuple[Emulator, Play]]:
    return {
        "new": (Emulator(None), _new_seed),
        "restore": (Emulator(None), _restore),
        "shares": (Emulator(None), _restore_shares),
        "codex32": (Emulator(None), _restore_codex32),
        "unlock": (Emulator(locked=True), _unlock),
        "erased": (Emulator(locked=True), _too_many),
        "menu": (Emulator(), _menu),
        "wiped": (Emulator(), _wipe),
        "passphrase": (Emulator(), _use_passphrase),
        "stateless": (Unkept(None), _load_unkept),
        "parts": (Emulator("zoo " * 11 + "wrong"), _show_parts),
        "encrypted": (Emulator(), _show_encrypted),
        "opened": (Emulator(None), _open_encrypted),
        "drawn": (Emulator(), _draw),
        "child": (Emulator(), _show_child),
        "address": (Emulator(), _address),
        "pay": (Emulator(), lambda device: _sign(device, "payment")),
        "warning": (Emulator(), lambda device: _sign(device, "high fee")),
        "refused": (Emulator(), lambda device: _sign(device, "a coin of others")),
        "nothing": (Emulator(), lambda device: _sign(device, "nothing of ours")),
        "register": (Emulator(), _register),
        "changed": (Emulator(record=_changed()), _forget_changed),
        "message": (Emulator(), _message),
        "cut": (Emulator(), _cut),
        "air": (Emulator(network="regtest"), _by_camera),
        "damaged": (Emulator(record=b"what a broken disk gives"), _damaged),
        **_payment_stories(),
    }


def _payment_stories() -> dict[str, tuple[Emulator, Play]]:
    """Payments that ask for more than the address: who proves what, and what was signed before."""
    first = _paying(0, 1)
    stories = {
        "claimed": (Emulator(), _claiming(100_000, 90_000)),
        "changed-amount": (_after(_claiming(100_000, 90_000)), _claiming(90_000, 100_000)),
        "replaces": (_after(first), _paying(0, 1, fee_sats=1_200)),
        "replaces-other": (_after(first), _paying(0, 1, payee=b"\x00\x14" + bytes(20))),
        "paid-before": (_after(first), _paying(2)),
        "accounts": (Emulator(), _of_two_accounts()),
    }
    name = payments()["a name"]
    named = (Emulator(network="mainnet"), lambda device: _approve(device, name, "mainnet"))
    plays = {name: (device, _approving(raw)) for name, (device, raw) in stories.items()}
    return {**plays, "name": named}


def _after(raw: bytes) -> Emulator:
    """A device that has signed this before anybody watched it."""
    device = Emulator()
    _approve(device, raw)
    device.press("ok")
    return device


def _approving(raw: bytes) -> Play:
    return lambda device: _approve(device, raw)


def _approve(device: Emulator, raw: bytes, network: str = "localtest") -> None:
    device.request("sign_psbt", {"network": network, "psbt": raw})
    device.approve()


def _paying(*coins: int, payee: bytes = psbts.PAYEE, fee_sats: int = 200) -> bytes:
    """25 000 sats out of these coins of 100 000 each; the rest comes back."""
    keys = psbts.keyring()
    spent = [psbts.coin(keys, psbts.path(index=n), 100_000, n) for n in coins]
    change = psbts.change(keys, psbts.path("wpkh", 1, 3), 100_000 * len(coins) - 25_000 - fee_sats)
    return psbts.Draft(spent, [psbts.Out([], 25_000, payee), change]).encode()


def _claiming(*amounts: int) -> bytes:
    """A payment of coins whose amounts the host claims, without the previous transactions."""
    keys = psbts.keyring()
    payment = psbts.draft(keys, len(amounts))
    for index, sats in enumerate(amounts):
        payment.ins[index].drop(0x00)
        locked = psbts.lock(keys, psbts.path(index=index))
        payment.ins[index].put(0x01, psbts.output(sats, locked))
    payment.outs[1].sats = sum(amounts) - 25_000 - 200
    return payment.encode()


def _of_two_accounts() -> bytes:
    keys = psbts.keyring()
    payment = psbts.draft(keys, outputs=((120_000, psbts.PAYEE),), coin_sats=160_000)
    payment.ins.append(psbts.coin(keys, psbts.path("tr"), 50_000, 1))
    payment.outs.append(psbts.change(keys, psbts.path("tr", 1), 49_500))
    return payment.encode()


def _wipe(device: Emulator) -> None:
    device.press("ok", "left", "ok", "hold")
    device.type(PIN)
    device.press("ok")


def _use_passphrase(device: Emulator) -> None:
    """With the letters of a keyboard, picked on the pad, and away again."""
    device.press("ok", "left", "left", "ok")
    device.type("TREZ")
    device.press("left", "left", "ok", "ok", "ok")  # punctuation
    device.press("right", "right", "ok")
    device.type("\bZOR")
    device.press("ok")
    device.type(PIN)
    device.press("ok", "hold")
    device.press("ok", "left", "left", "ok", "ok")
    device.type(PIN)
    device.press("ok", "stop", "ok")


def _load_unkept(device: Emulator) -> None:
    """Two seeds that nothing keeps, one with a passphrase, a payment of the other, and the end."""
    for words, keys in ((MNEMONIC, ("ok",)), ("zoo " * 11 + "wrong", ("right", "ok"))):
        device.press("right", "ok", "ok")
        for word in words.split():
            device.type(word)
            device.press("ok")
        device.press(*keys)
        if len(keys) == 1:
            device.press("ok", *["right"] * 5, "ok")
    device.type("TR")
    device.press("ok", "hold")
    device.request("sign_psbt", {"network": "localtest", "psbt": payments()["payment"]})
    device.press("ok", "stop", "ok")
    device.press("ok", *["right"] * 4, "ok", "stop")
    device.press("ok", "ok", "hold")


def _show_parts(device: Emulator) -> None:
    """The first part of three, up to the word that is asked back."""
    device.press("ok", "left", "left", "left", "ok")
    device.type(PIN)
    device.press("ok", "ok", "right", "ok", "hold", "ok", "ok", "ok", "stop")


def _show_encrypted(device: Emulator) -> None:
    """A seed in an encrypted code, and the code read back."""
    device.press("ok", "left", "left", "left", "ok")
    device.type(PIN)
    device.press("ok", "right", "ok", "hold")
    for password in ("short", "a long password", "a long passwort", *["a long password"] * 2):
        device.type(password)
        device.press("ok", *["ok"] * (password in {"short", "a long passwort"}))
    album = Album("code")
    device.watch(album)
    shown = album.looks[0].screen
    assert isinstance(shown, Qr)
    device.press("ok")
    _hold_up(device, envelopes.sealed(bytes(range(16))))
    device.press("ok")
    _hold_up(device, shown.frame.encode())
    device.press("ok")


def _open_encrypted(device: Emulator) -> None:
    """A new device that is shown an encrypted seed: a wrong password, and the right one."""
    _hold_up(device, envelopes.sealed(bytes(16)))
    for password in ("a wrong one", envelopes.PASSWORD):
        device.type(password)
        device.press("ok")
        if password != envelopes.PASSWORD:
            device.press("ok")


def _draw(device: Emulator) -> None:
    """A SeedQR to be drawn, another one held up, and the drawing itself."""
    device.press("ok", "left", "left", "left", "ok")
    device.type(PIN)
    device.press("ok", "left", "ok", "ok", "hold", *["ok"] * 9)
    for seed in (bytes(range(16)), bytes(16)):
        _hold_up(device, seed)
        device.press("ok")


def _hold_up(device: Emulator, code: bytes) -> None:
    device.shell.happen(BytesIn(envelopes.CAMERA, bytes(bytearray(code))))


def _show_child(device: Emulator) -> None:
    """A child seed's words, up to the first that is asked back."""
    device.press("ok", *["left"] * 4, "ok", "ok")
    device.type("5")
    device.press("ok", "ok")
    device.type(PIN)
    device.press("ok", "hold", "ok", "ok", "ok", "stop")
    device.press("ok", *["left"] * 4, "ok", "ok", "ok", "right", "ok")
    device.type(PIN)
    device.press("ok", "hold")


def _damaged(device: Emulator) -> None:
    device.press("hold")
    device.type("erase")
    device.press("ok")


def _new_seed(device: Emulator) -> None:
    device.press("ok")
    device.type("1632455")
    device.press("hold", "ok")
    words: list[str] = []
    while device.screen.kind == "words":
        words += [line.split()[1] for line in device.screen.lines[1:-1] if line]
        device.press("ok")
    while device.screen.kind == "letters":
        number = int(device.screen.lines[0].split()[1])
        device.type(words[number - 1])
        device.press("ok")
    _choose_pin(device)


def _choose_pin(device: Emulator) -> None:
    for pin in (PIN, _WRONG):
        device.type(pin)
        device.press("ok")
    device.press("ok")
    for _ in range(2):
        device.type(PIN)
        device.press("ok")


def _restore(device: Emulator) -> None:
    device.press("right", "ok", "ok")
    for word in ("zoo", *MNEMONIC.split()[1:]):
        device.type(word)
        device.press("ok")
    device.press("ok", "ok")  # what is wrong; all words, to change one
    device.type("1")


def _restore_shares(device: Emulator) -> None:
    """Two of SLIP39, the first with a wrong word at first."""
    device.press("right", "ok", "left", "left", "left", "ok", "ok")
    words = _SHARES.split()
    first, second = words[:20], words[20:]
    for word in ("zero", *first[1:]):
        device.type(word)
        device.press("ok")
    device.press("ok", "ok")
    device.type("1")
    device.press("ok")
    device.type(first[0])
    device.press("ok", "ok")
    for word in second:
        device.type(word)
        device.press("ok")
    device.type("TREZOR")
    device.press("ok", "hold")


def _restore_codex32(device: Emulator) -> None:
    """A whole secret with a wrong letter at first."""
    device.press("right", "ok", "left", "left", "ok")
    device.type(_CODEX32.replace("4nzv", "4nzq"))
    device.press("ok", "ok", "ok", "left", "left", "left", "ok")
    device.type("nzvc")
    device.press("ok", "ok", "hold")


def _unlock(device: Emulator) -> None:
    device.unlock(_WRONG)
    device.press("ok")
    device.type(PIN)
    device.press("ok")


def _too_many(device: Emulator) -> None:
    device.press("ok")
    while device.screen.state == "locked":
        device.type(_WRONG)
        device.press("ok", "ok")


def _menu(device: Emulator) -> None:
    device.press("ok", "right", "ok", "ok")
    device.press("ok", "right", "right", "ok", "ok")
    device.press("ok", "right", "right", "right", "ok", "right", "ok", "right", *["ok"] * 4)
    device.press("ok", "right", "right", "right", "right", "ok", "left", "ok", "hold")
    device.press("ok", "ok")


def _register(device: Emulator) -> None:
    """An account of two keys, its address, another under its name, and forgetting that."""
    _register_as(device, _TOGETHER)
    named = {"network": "localtest", "descriptor_name": "family"}
    asked = device.request("get_receive_address", named | {"branch": 0, "pointer": 4})
    device.approve()
    asked.result()
    _register_as(device, _IN_TURN)
    device.press("ok", "ok", "right", "right", "ok", "ok", "hold")


def _register_as(device: Emulator, template: str) -> None:
    path = [step + _HARDENED for step in (48, 1, 0, 2)]
    xpub = device.request("get_xpub", {"network": "localtest", "path": path}).result()
    ours = f"[{device.screen.fingerprint}/48h/1h/0h/2h]{xpub}"
    account = {"network": "localtest", "descriptor_name": "family", "descriptor": template}
    keys = {"@0": ours, "@1": _COSIGNER}
    asked = device.request("register_descriptor", account | {"datavalues": keys})
    device.approve()
    asked.result()


def _changed() -> bytes:
    """A flash whose one account somebody has overwritten."""
    return replace(vault.parse(sealed_record()), accounts=(bytes(200),)).encode()


def _forget_changed(device: Emulator) -> None:
    device.request("sign_psbt", {"network": "localtest", "psbt": payments()["payment"]})
    device.press("stop", "ok")
    device.press("ok", "right", "right", "ok", "ok", "hold")


def _message(device: Emulator) -> None:
    path = [84 + _HARDENED, 1 + _HARDENED, _HARDENED, 0, 0]
    text = "I hold the coins of this address.\nAsked by the auditor on 1 March."
    device.request("sign_message", {"path": path, "message": text})
    device.approve()
    device.request("sign_message", {"path": path, "message": "5f" * 32})
    device.approve()


def _address(device: Emulator) -> None:
    path = [84 + _HARDENED, 1 + _HARDENED, _HARDENED, 0, 0]
    params = {"network": "localtest", "path": path, "variant": "wpkh(k)"}
    device.request("get_receive_address", params)
    device.approve()
    device.request("get_receive_address", params)
    device.reject()


def _sign(device: Emulator, name: str) -> None:
    device.request("sign_psbt", {"network": "localtest", "psbt": payments()[name]})
    device.approve()


def _cut(device: Emulator) -> None:
    device.request("sign_psbt", {"network": "localtest", "psbt": payments()["payment"]})
    device.hang_up()


def _by_camera(device: Emulator) -> None:
    camera = Port("air", "camera")
    for frame in parts.split(ur.from_psbt(payments()["payment"]), 200):
        device.shell.happen(BytesIn(camera, frame.encode()))
        device.advance(0.2)
    device.approve()
    for _ in range(20):
        device.advance(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
