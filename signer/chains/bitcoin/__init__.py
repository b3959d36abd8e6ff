"""Bitcoin: PSBTs reviewed, refused or signed; accounts registered; messages signed.

`CHAIN` and `POLICY_ACCOUNTS` are for the device; `BITCOIN` is both, and has BIP322 besides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signer.chains import (
    AddressSearch,
    Chain,
    KeylessReview,
    NarrowAnswers,
    PolicyAccounts,
    Statements,
)
from signer.chains.bitcoin.accounts import addresses, registry
from signer.chains.bitcoin.accounts.account import PolicyAccount, is_of_another_coin
from signer.chains.bitcoin.messages import message
from signer.chains.bitcoin.messages.bip322 import Timing
from signer.chains.bitcoin.messages.message import AddressMessage, KeyMessage, SignedMessage
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment import history as signing_history
from signer.chains.bitcoin.payment import sign
from signer.chains.bitcoin.payment.ownership import OwnedKeys
from signer.chains.bitcoin.payment.payment import CheckedPayment, check_payment
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.review.digest import payment_commitment
from signer.chains.bitcoin.review.pages import pages
from signer.chains.bitcoin.review.past import past_warnings
from signer.formats.words.digest_words import digest_words
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import Path, render
from signer.review import Approval, Page, Review, sealed

if TYPE_CHECKING:
    from signer.chains.bitcoin.descriptors.policy import Policy


class Bitcoin:
    """The verbs of `signer.chains` for Bitcoin. Holds nothing."""

    __slots__ = ()

    networks = tuple(NETWORKS)

    def review(
        self,
        payload: bytes,
        keyring: Keyring,
        network: str,
        records: Sequence[bytes] = (),
        *,
        expert: bool = False,
        history: bytes = b"",
    ) -> Review[CheckedPayment]:
        """A PSBT (BIP174, BIP370, binary) as pages to approve.

        `records` are those that `register` gave for this wallet, `history` is what `remember` gave
        last. Raises Malformed for bytes that are no PSBT, Refused for what is not signed,
        NothingToSign where nothing is to be.
        """
        named_network = NETWORKS[network]
        owner = OwnedKeys(
            keyring,
            named_network,
            registry.of_network(records, keyring, named_network) if records else (),
        )
        checked = check_payment(container.parse(payload), owner, expert=expert)
        past = self._past(checked, history) if history else ()
        words = digest_words(checked.psbt.unsigned_tx)
        commitment = payment_commitment(checked)
        shown_pages = (*past, *pages(checked, words))
        return sealed(checked, commitment, shown_pages, keyring.fingerprint, words)

    def pages_without_keys(self, payload: bytes, network: str) -> tuple[Page, ...]:
        """A PSBT as pages for who has no keys of it. Raises Malformed or Refused."""
        from signer.chains.bitcoin.review import keyless  # noqa: PLC0415  no device needs it

        request = container.parse(payload)
        return keyless.pages(request, NETWORKS[network], digest_words(request.unsigned_tx))

    def _past(self, checked: CheckedPayment, history: bytes) -> tuple[Page, ...]:
        """What is to be said of a payment that has to do with those signed before."""
        past = signing_history.read(history)
        past.check_amounts(checked)
        past.check_foreign(checked)
        return past_warnings(checked, past)

    def sign(
        self,
        approval: Approval[CheckedPayment],
        keyring: Keyring,
        randomness: bytearray | None = None,
    ) -> bytes:
        """The approved PSBT with our signatures added and nothing else changed (BIP174, Signer).

        `randomness` are 32 fresh bytes, erased here; without them no joint signature (BIP327) can
        begin, which is Malformed.
        Raises Refused for a spent approval or other keys, CrossCheckFailed for a signature that
        does not hold: then nothing leaves, and the device must lock.
        """
        fresh = bytearray() if randomness is None else randomness
        try:
            return sign.sign(approval.spend(keyring.fingerprint), keyring, fresh)
        finally:
            curve.erase(fresh)

    def signatures_only(self, signed: bytes) -> bytes:
        """A signed PSBT without what its asker has. Raises Malformed."""
        from signer.chains.bitcoin.psbt import answer  # noqa: PLC0415  for who answers by codes

        return answer.signatures_only(signed)

    def final_transaction(self, signed: bytes) -> bytes | None:
        """The transaction of a signed PSBT, once nothing is missing. Raises Malformed."""
        from signer.chains.bitcoin.psbt import answer  # noqa: PLC0415  as above

        return answer.final_transaction(signed)

    def remember(self, review: Review[CheckedPayment], history: bytes) -> bytes:
        """The history with a payment that was signed; to be kept before the signature leaves.

        Raises Malformed for bytes that are no history.
        """
        return signing_history.read(history).with_payment(review.subject).encode()

    def xpub(self, keyring: Keyring, path: Path, network: str) -> str:
        """The extended public key at `path` as xpub or tpub (BIP32, Serialization format)."""
        return keyring.extended(path).encode(NETWORKS[network].xpub)

    def xpub_warnings(self, path: Path) -> tuple[str, ...]:
        """A key of another coin tells a bitcoin wallet of addresses that are none of its business.

        Its own wallet would have asked in words of that coin (T48).
        """
        if not is_of_another_coin(path):
            return ()
        return (f"The path {render(path)} belongs to another coin than bitcoin.",)

    def address(
        self, keyring: Keyring, path: Path, variant: str, network: str
    ) -> tuple[str, tuple[str, ...]]:
        """Our address at `path`, and what is odd about the path.

        `variant` is "pkh", "sh(wpkh)", "wpkh" or "tr"; Refused for another.
        """
        return addresses.single_key_address(keyring, path, variant, NETWORKS[network])

    def registration(
        self, name: str, template: str, keys: Sequence[str], keyring: Keyring, network: str
    ) -> Review["Policy"]:
        """An account to register (BIP388): a template, and `[fingerprint/path]xpub` for each key.

        Raises Malformed for what is no policy, Refused for one that is not ours.
        """
        from signer.chains.bitcoin.accounts.registration import (  # noqa: PLC0415  payments need none
            review,
        )

        return review(name, template, keys, keyring, NETWORKS[network])

    def register(self, approval: Approval["Policy"], keyring: Keyring) -> bytes:
        """The record to keep of an approved registration. It is public, and of use to us alone."""
        return registry.seal(approval.spend(keyring.fingerprint), keyring)

    def registered(self, record: bytes, keyring: Keyring) -> PolicyAccount:
        """The account of a record. Raises Refused for another wallet's record, or an edited one."""
        return registry.unseal(record, keyring)

    def policy_address(
        self, record: bytes, keyring: Keyring, branch: int, index: int, network: str
    ) -> tuple[str, tuple[str, ...]]:
        """An address of a registered account, branch 0 to receive and 1 for change; warnings."""
        account = registry.unseal(record, keyring)
        return addresses.policy_address(account, branch, index, NETWORKS[network])

    def find_address(
        self,
        text: str,
        keyring: Keyring,
        network: str,
        records: Sequence[bytes],
        indexes: range,
    ) -> str | None:
        """Where an address of ours lies, in words; None if it is not among these indexes.

        `records` as for `review`. Raises Malformed for what is no address of the network.
        """
        from signer.chains.bitcoin.accounts.search import find_address  # noqa: PLC0415  as above

        named_network = NETWORKS[network]
        accounts = registry.of_network(records, keyring, named_network)
        return find_address(text, keyring, accounts, named_network, indexes)

    def message(self, text: str, path: Path, keyring: Keyring) -> Review[KeyMessage]:
        """A message to sign by the key at `path`, as `signmessage` does (BIP137).

        Raises Refused for a text that cannot be shown as it is, here and in the next two.
        """
        return message.key_message(text, path, keyring)

    def statement_variant(self, path: Path, variant: str) -> str:
        """The kind of address that signs by a witness alone, "wpkh" or "tr" (BIP322, Simple)."""
        kind = variant or addresses.variant_of(path)
        return kind if kind in ("wpkh", "tr") else ""

    def signs_by_key(self, variant: str) -> bool:
        """BIP137 has a header for each kind of address but taproot's."""
        return variant != "tr"

    def statement(
        self,
        text: str,
        path: Path,
        variant: str,
        keyring: Keyring,
        network: str,
        timing: Timing = Timing(),  # noqa: B008  a frozen value
    ) -> Review[AddressMessage]:
        """A message to sign with our address at `path` (BIP322); `variant` as for `address`."""
        named_network = NETWORKS[network]
        place = addresses.single_key_location(keyring, path, variant)
        return message.address_message(text, place, keyring, named_network, timing)

    def policy_statement(
        self,
        text: str,
        record: bytes,
        place: tuple[int, int],
        keyring: Keyring,
        network: str,
        timing: Timing = Timing(),  # noqa: B008  as above
    ) -> Review[AddressMessage]:
        """A message to sign with the address of a registered account at (branch, index)."""
        named_network = NETWORKS[network]
        account = registry.unseal(record, keyring)
        spot = addresses.policy_location(account, *place, keyring, named_network)
        return message.address_message(text, spot, keyring, named_network, timing)

    def sign_message(
        self, approval: Approval[KeyMessage] | Approval[AddressMessage], keyring: Keyring
    ) -> SignedMessage:
        """The approved message, signed. Raises as `sign` does."""
        return message.sign(approval.spend(keyring.fingerprint), keyring)


BITCOIN = Bitcoin()
CHAIN: Chain = BITCOIN
POLICY_ACCOUNTS: PolicyAccounts = BITCOIN
ADDRESS_SEARCH: AddressSearch = BITCOIN
KEYLESS_REVIEW: KeylessReview = BITCOIN
NARROW_ANSWERS: NarrowAnswers = BITCOIN
STATEMENTS: Statements = BITCOIN
