"""Bitcoin: PSBTs reviewed, refused or signed. `CHAIN` is what the device uses."""

from signer.chains.bitcoin import address, ours, psbt, sign, spend
from signer.chains.bitcoin.network import named
from signer.chains.bitcoin.pages import pages
from signer.chains.bitcoin.script import Kind
from signer.chains.bitcoin.spend import Spend
from signer.errors import Reason, Refused
from signer.formats.digest_words import digest_words
from signer.keys.keyring import Keyring
from signer.keys.path import Path
from signer.review import Approval, Review

VARIANTS = {"wpkh": Kind.P2WPKH, "tr": Kind.P2TR}


class Bitcoin:
    """The verbs of `signer.chains.Chain` for Bitcoin. Holds nothing."""

    __slots__ = ()

    def review(self, payload: bytes, keyring: Keyring, network: str) -> Review[Spend]:
        """A PSBT (BIP174, binary) as pages to approve.

        Raises Malformed for bytes that are no PSBT of version 0, Refused for what is not signed.
        """
        checked = spend.check(psbt.parse(payload), keyring, named(network))
        words = digest_words(checked.psbt.unsigned_tx)
        return Review(checked, pages(checked), keyring.fingerprint, words)

    def sign(self, approval: Approval[Spend], keyring: Keyring) -> bytes:
        """The approved PSBT with our signatures added and nothing else changed (BIP174, Signer).

        Raises Refused for a spent approval or other keys, CrossCheckFailed for a signature that
        does not hold: then nothing leaves, and the device must lock.
        """
        return sign.sign(approval.spend(keyring.fingerprint), keyring)

    def xpub(self, keyring: Keyring, path: Path, network: str) -> str:
        """The extended public key at `path` as xpub or tpub (BIP32, Serialization format)."""
        return keyring.extended(path).encode(named(network).xpub)

    def address(
        self, keyring: Keyring, path: Path, variant: str, network: str
    ) -> tuple[str, tuple[str, ...]]:
        """Our "wpkh" (BIP84) or "tr" (BIP86) address at `path`, and what is odd about the path.

        Raises Refused for another variant.
        """
        if variant not in VARIANTS:
            raise Refused(Reason.VARIANT_UNSUPPORTED)
        where = named(network)
        locked = ours.locked_by(VARIANTS[variant], keyring.public_key(path))
        shown = address.render(locked, where) or ""
        return shown, ours.oddities(path, VARIANTS[variant], where)


CHAIN = Bitcoin()
