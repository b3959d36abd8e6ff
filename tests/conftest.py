"""What all tests share: how hard hypothesis tries, strangers' vectors, who judges."""

import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from host.store import Store
from signer.chains import bitcoin
from signer.chains.bitcoin.accounts.account import SingleKeyAccount
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.keys.keyring import Keyring
from tests import kernel

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("desk", max_examples=50, deadline=None)
settings.register_profile(
    "night", max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "desk"))


@pytest.fixture(scope="session")
def strangers_vectors() -> Path:
    """The folder of other people's vectors that lies beside the project, if it does."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "vectors"
    if not folder.is_dir():
        pytest.skip("The folder shared/vectors is not beside the project.")
    return folder


@pytest.fixture(autouse=True)
def stores_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is lost in a wallet that is let go open, but Python 3.13 warns of its database."""
    stores, right = list[Store](), Store.__init__

    def opened(store: Store, path: Path) -> None:
        right(store, path)
        stores.append(store)

    monkeypatch.setattr(Store, "__init__", opened)
    yield
    for store in stores:
        store.close()


@pytest.fixture(scope="session", autouse=True)
def core_judges_what_is_signed() -> Iterator[None]:
    """Whatever a test is about: a payment of one key that is signed must be valid to Core's engine.

    Payments of several keys lack others' signatures; tests that complete them have them judged.
    """
    if find_spec("pbk") is None:  # no wheels for this machine
        yield
        return
    sign = bitcoin.sign.sign

    def judged(spend: CheckedPayment, keyring: Keyring, randomness: bytearray) -> bytes:
        signed = sign(spend, keyring, randomness)
        is_single = all(isinstance(account, SingleKeyAccount) for account in spend.accounts)
        if is_single and kernel.can_judge(spend.psbt):
            kernel.check(signed)
        return signed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bitcoin.sign, "sign", judged)
        yield
