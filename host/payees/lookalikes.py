"""What people paste in the place of an address, named as what it is. Secrets are not repeated."""

import re

from host.payees.cleaning import joined
from host.payees.errors import PayeeError, SecretPasted

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_KEEP_IT_OFFLINE = (
    "Delete it here. Who sees it can take the coins: never paste or type it anywhere but on the"
    " signing device."
)
# BIP39 has 3 to 8 letters a word, and 12 to 24 words.
_SEED_WORDS = re.compile(r"[a-z]{3,8}( [a-z]{3,8}){11,24}")
_SECRETS = (
    (re.compile(rf"[5KLc9]{_BASE58}{{50,51}}"), "a private key (WIF)"),
    (re.compile(rf"[xyzvtuYZUV]prv{_BASE58}{{50,}}"), "the private key of a whole wallet (xprv)"),
    (re.compile(rf"6P{_BASE58}{{56}}"), "an encrypted private key (BIP38)"),
    (re.compile(r"(?i:ms1[0-9a-z]{40,})"), "a secret or a share of one (codex32)"),
    (re.compile(r"(?i:nsec1[0-9a-z]{40,})"), "a private key of Nostr"),
)
_LIGHTNING = "Lightning is another network, and this wallet pays on the chain. Ask for an address."
_NEVER = "Coins sent across are lost. Ask for a Bitcoin address."
_NAMED = (
    (r"(?i:(lightning:)?ln(bc|tb|bcrt|tbs)[0-9munp]*1[a-z0-9]{6,})", "a Lightning invoice",
     _LIGHTNING),
    (r"(?i:(lightning:)?lnurl1[a-z0-9]+)", "a Lightning link (LNURL)", _LIGHTNING),
    (r"(?i:(lightning:)?ln[oripm]+1[a-z0-9+]+)", "a Lightning offer (BOLT12)", _LIGHTNING),
    (r"(?i:lightning:.+)", "a request for Lightning", _LIGHTNING),
    (r"(?i:(ethereum:)?0x[0-9a-f]{40})(@\d+)?", "an Ethereum address", _NEVER),
    (r"(?i:(litecoin:)?(ltc|tltc)1[a-z0-9]{20,})", "a Litecoin address", _NEVER),
    (rf"[LM]{_BASE58}{{32,33}}", "a Litecoin address", _NEVER),
    (rf"D{_BASE58}{{33}}", "a Dogecoin address", _NEVER),
    (rf"T{_BASE58}{{33}}", "a Tron address", _NEVER),
    (rf"X{_BASE58}{{33}}", "a Dash address", _NEVER),
    (rf"t[13]{_BASE58}{{33}}", "a Zcash address", _NEVER),
    (rf"r{_BASE58}{{24,34}}", "an XRP address", _NEVER),
    (r"(?i:(bitcoincash:)?[qp][02-9ac-hj-np-z]{41})", "a Bitcoin Cash address", _NEVER),
    (r"(?i:(lq|ex|el|tlq|tex)1[a-z0-9]{20,})", "a Liquid address", _NEVER),
    (rf"[4-8]{_BASE58}{{94,105}}", "a Monero address", _NEVER),
    (r"(?i:(addr|stake)1[a-z0-9]{40,})", "a Cardano address", _NEVER),
    (r"(?i:[0-9a-f]{64})", "the name of a transaction (txid) or a block",
     "Ask for an address."),
    (r"(?i:0[12]000000[0-9a-f]{60,})", "a whole transaction",
     "Ask for an address."),
    (r"(?i:(02|03)[0-9a-f]{64}|04[0-9a-f]{128})", "a public key", "Ask for an address."),
    (r"cHNidP8.*|(?i:70736274ff).*", "a partly signed transaction (PSBT)",
     "Ask for an address."),
    (r"(\[?[0-9a-fA-F]{8}[^\]]*\])?[xyzvtuYZUV]pub.{20,}", "the public key of a wallet (xpub)",
     "Who gave it away shows all its coins. Ask for an address."),
    (r"(?i:(pk|pkh|wpkh|sh|wsh|tr|combo|multi|sortedmulti|addr|raw|rawtr))\(.*",
     "a descriptor of a wallet", "Ask for an address of it."),
    (r"(?i:npub1[a-z0-9]{40,})", "a public key of Nostr", "Ask for an address."),
    (r"(?i:https?://.*|www\..*)", "the address of a web page",
     "Open it, and copy the Bitcoin address there."),
    (r"(?i:ur:.*)", "a code made of parts (UR)", "Ask for an address."),
)  # fmt: skip
_KINDS = tuple((re.compile(pattern), title, advice) for pattern, title, advice in _NAMED)


def refuse_secrets(text: str) -> None:
    """Raises SecretPasted for a private key or the words of a seed, also when mistyped."""
    compact = joined(text)
    for pattern, title in _SECRETS:
        if pattern.fullmatch(compact):
            raise SecretPasted(f"This is {title}.", _KEEP_IT_OFFLINE)
    if "prv" in compact and re.search(rf"[xyzvtuYZUV]prv{_BASE58}{{50,}}", compact):
        raise SecretPasted("There is a private key in this (xprv).", _KEEP_IT_OFFLINE)
    if _SEED_WORDS.fullmatch(" ".join(text.lower().split())):
        raise SecretPasted("These look like the words of a seed.", _KEEP_IT_OFFLINE)


def refuse_lookalikes(text: str) -> None:
    """Raises PayeeError for what can be named and is no address. `text` has no white space."""
    for pattern, title, advice in _KINDS:
        if pattern.fullmatch(text):
            raise PayeeError(f"This is {title}, not a Bitcoin address.", advice)
