"""Names of people, user@domain (BIP353): read strictly, because a look-alike is another person."""

import re
import unicodedata
from dataclasses import dataclass, field
from string import ascii_lowercase, digits

from host.payees.errors import PayeeError

SIGN = "₿"  # may stand before a name, and is no part of it
_NAME = re.compile(r"[^\s@/?&=:]{1,63}@[^\s@/?&=:]+\.[^\s@/?&=:.]{2,}")
# Those that a device shows (signer.chains.bitcoin.payment.payee_names).
_DOMAIN_LETTERS = frozenset(ascii_lowercase + digits + "-_.")
_USER_LETTERS = _DOMAIN_LETTERS | {"+"}
LOOKED_UP = (
    "A name: its address is looked up when the payment is made up. The resolver of names that is"
    " asked learns the name, and that somebody here pays it."
)
FOREIGN = (
    "The domain has a part that begins with xn--: it stands for letters of another alphabet, and"
    " may be made to be taken for another domain. Compare it letter by letter."
)


@dataclass(frozen=True, slots=True)
class NameProof:
    """The name that an output of a payment pays, and what proves it (RFC 9102) until `expires`.

    `index` is the output's place in the payment, `expires` in seconds since 1970. A proof that had
    run out when the payment was made is b"".
    """

    index: int
    name: str
    proof: bytes = field(repr=False)
    expires: int

    @property
    def record(self) -> bytes:
        """As a PSBT has it (BIP353, PSBT_OUT_DNSSEC_PROOF)."""
        return bytes([len(self.name)]) + self.name.encode() + self.proof


def read_name(text: str) -> str:
    """The name in small letters, without the sign; "" when the text is none.

    `text` has no white space. Raises PayeeError for letters that could pass for others.
    """
    plain = text.removeprefix(SIGN).lower()
    if not _NAME.fullmatch(plain):
        return ""
    user, _, domain = plain.partition("@")
    for part, letters in ((user, _USER_LETTERS), (domain, _DOMAIN_LETTERS)):
        for letter in part:
            if letter not in letters:
                title = unicodedata.name(letter, "unknown").capitalize()
                raise PayeeError(
                    f"{letter} ({title}) is no letter of a name that can be paid: it could pass for"
                    " another one.",
                    "Ask for the address.",
                )
    return plain


def notes(name: str) -> tuple[str, ...]:
    """What is worth knowing before a name is paid."""
    _, _, domain = name.partition("@")
    is_foreign = any(label.startswith("xn--") for label in domain.split("."))
    return (LOOKED_UP, FOREIGN) if is_foreign else (LOOKED_UP,)
