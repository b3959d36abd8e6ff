"""An account's public keys, in each form that has room for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from firmware_emu.screens.qr import Alternative
from signer import chains
from signer.formats import account
from signer.formats.account import Account, AccountKey
from signer.formats.payload import descriptors, keys
from signer.formats.payload.values import AccountDescription
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.peers import AccountForm, Program
from signer.formats.qr.series import Message
from signer.hashes import hash160
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, bare, render

_ACCOUNT_STEP: Final = 2  # of a path: purpose, coin, account (BIP44)


@dataclass(frozen=True, slots=True)
class KeyKind:
    """`script` is the descriptor function around a key at `purpose`/coin/account/`steps`.

    `section` is what Coldcard's file calls it.
    """

    label: str
    script: str
    purpose: int
    section: str = ""
    steps: Path = ()

    @property
    def is_single(self) -> bool:
        """Whether the key alone is the account, and no key of others belongs to it."""
        return "wsh" not in self.script


KINDS: Final = (
    KeyKind("Native segwit (84h)", "wpkh", 84, "bip84"),
    KeyKind("Taproot (86h)", "tr", 86, "bip86"),
    KeyKind("Nested segwit (49h)", "sh(wpkh)", 49, "bip49"),
    KeyKind("Legacy (44h)", "pkh", 44, "bip44"),
    KeyKind("Multisig (48h, 2h)", "wsh", 48, "bip48_2", (2 + HARDENED,)),
    KeyKind("Nested multisig (48h, 1h)", "sh(wsh)", 48, "bip48_1", (1 + HARDENED,)),
    KeyKind("Multisig (87h)", "wsh", 87),
)
EVERY: Final = tuple(kind for kind in KINDS if kind.section)  # two of one script would be mistaken
_FILE_NAMES: Final = {
    "wpkh": "p2wpkh",
    "tr": "p2tr",
    "sh(wpkh)": "p2sh-p2wpkh",
    "pkh": "p2pkh",
    "wsh": "p2wsh",
    "sh(wsh)": "p2sh-p2wsh",
}


_ADVICE: Final = {
    AccountForm.ACCOUNT: "{} reads an account code (UR crypto-account).",
    AccountForm.TEXT: "{} reads one key as text, with the path to it.",
    AccountForm.DESCRIPTOR: "{} reads a descriptor with its checksum.",
    AccountForm.FILE: "{} reads the JSON of a Coldcard, as BBQr.",
    AccountForm.BARE: "{} reads a key alone. Its letters tell the kind.",
}


@dataclass(frozen=True, slots=True)
class ExportedAccount:
    """The keys of one account number, in the order of their kinds, on one network of a chain."""

    chain: str
    network: str
    kinds: tuple[KeyKind, ...]
    account: Account
    keyring: Keyring = field(repr=False)

    @property
    def number(self) -> int:
        return self.account.keys[0].path[_ACCOUNT_STEP] - HARDENED

    def forms(self) -> Mapping[AccountForm, Message]:
        """Each form that has room for these keys."""
        fingerprint, listed = self.account.fingerprint, self.account.keys
        forms: dict[AccountForm, Message] = {AccountForm.ACCOUNT: account.render(self.account)}
        if len(listed) == 1:
            forms |= self._of_one(fingerprint, self.kinds[0], listed[0])
        if all(kind.section for kind in self.kinds):
            forms[AccountForm.FILE] = BbqrFile("J", self.file().encode("ascii"))
        forms[AccountForm.ACCOUNT_V2] = account.render_descriptors(self.account)
        if len(listed) == 1 and self.kinds[0].is_single:
            forms[AccountForm.OUTPUT_V2] = account.render_descriptor(fingerprint, listed[0])
        return forms

    def _of_one(
        self, fingerprint: bytes, kind: KeyKind, key: AccountKey
    ) -> Mapping[AccountForm, Message]:
        expression = f"[{fingerprint.hex()}/{bare(key.path)}]{key.xpub}"
        forms: dict[AccountForm, Message] = {AccountForm.TEXT: (expression,)}
        if kind.is_single:
            template = f"{key.script.rstrip(')')}(@0/<0;1>/*)" + key.script.count(")") * ")"
            described = AccountDescription("", template, (expression,), is_checked=True)
            forms[AccountForm.DESCRIPTOR] = (descriptors.text(described),)
            forms[AccountForm.OUTPUT] = account.render_output(fingerprint, key)
        # Who reads a key alone takes one with ordinary letters for a legacy account.
        lettered = keys.with_letters(key.xpub, key.script)
        if lettered != key.xpub or kind.script == "pkh":
            forms[AccountForm.BARE] = (lettered,)
        return forms

    def file(self) -> str:
        """Coldcard's generic export. The master key itself, which no reader needs, is left out."""
        head = {
            "chain": "BTC" if self.account.keys[0].mainnet else "XTN",
            "xfp": self.account.fingerprint.hex().upper(),
            "account": self.number,
        }
        pairs = zip(self.kinds, self.account.keys, strict=True)
        return json.dumps(head | {kind.section: self._section(kind, key) for kind, key in pairs})

    def _section(self, kind: KeyKind, key: AccountKey) -> dict[str, str]:
        section = {
            "name": _FILE_NAMES[kind.script],
            "xfp": hash160(key.public_key)[:4].hex().upper(),
            "deriv": render(key.path).replace("h", "'"),
            "xpub": key.xpub,
        }
        lettered = keys.with_letters(key.xpub, key.script)
        if lettered != key.xpub:
            section["_pub"] = lettered
        if kind.is_single:
            way = (*key.path, 0, 0)
            chain = chains.load(self.chain)
            section["first"] = chain.address(self.keyring, way, kind.script, self.network)[0]
        return section


def alternatives(exported: ExportedAccount, program: Program) -> tuple[Alternative, ...]:
    """All forms of it, those first that the program reads."""
    forms = exported.forms()
    first = [form for form in program.forms if form in forms]
    return tuple(Alternative(form.value, forms[form]) for form in dict.fromkeys((*first, *forms)))


def advice(exported: ExportedAccount, program: Program) -> str:
    """Which form fits the program, as a sentence."""
    forms = exported.forms()
    form = next((form for form in program.forms if form in forms), None)
    if form is None:
        return f"{program.name} reads no form of this kind that is known here."
    return _ADVICE[form].format(program.name)
