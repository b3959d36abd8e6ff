"""T141: the address behind a name changes quietly, or its proof is used when it has run out.

Who takes over a domain, or the account of its owner, can sign whatever it likes. Nothing proves
that it is somebody else: but it is said, before the device is asked, that this name was paid at
another address before. And what a zone signed counts until its signatures run out, not longer.
"""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from host.app import payee_names, spend
from host.errors import HostError, LinkLost
from host.servers.dns import NameResolver
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.payment import Drafted
from host.values import Draft, PaymentRequest
from host.wallet import Wallet
from tests.dns_server import NameServer, serving
from tests.host.dns.test_paying_names import ALICE, OTHER, Names
from tests.signer.zones import END
from tests.wallets import STRANGER, fund, paired


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    fund(wallet, 100_000, 1)
    yield wallet
    wallet.close()


async def drafted(wallet: Wallet, names: Names, address: str) -> Draft:
    request = PaymentRequest.to(ALICE, 2_000)
    resolver = names.mean(f"bitcoin:{address}")
    return await spend.draft(wallet, await payee_names.looked_up(wallet, request, resolver))


async def test_another_address_than_before_is_said_until_it_was_paid(wallet: Wallet) -> None:
    async with serving(NameServer()) as server:
        names = Names(server)
        first = await drafted(wallet, names, STRANGER)
        assert first.recipients[0].warning == ""
        payee_names.remember(wallet, first)  # as a signed payment does
        assert (await drafted(wallet, names, STRANGER)).recipients[0].warning == ""
        changed = await drafted(wallet, names, OTHER)
        assert f"you paid it at {STRANGER} before" in changed.recipients[0].warning
        assert changed.recipients[0].warning in Drafted(changed).sentence
        payee_names.remember(wallet, changed)
        assert (await drafted(wallet, names, OTHER)).recipients[0].warning == ""


async def test_a_label_of_a_person_is_not_written_over(wallet: Wallet) -> None:
    async with serving(NameServer()) as server:
        first = await drafted(wallet, Names(server), STRANGER)
        payee_names.remember(wallet, first)
        payee_names.remember(
            wallet,
            replace(
                first,
                request=PaymentRequest((replace(first.recipients[0], name="eve@example.org"),)),
            ),
        )
    assert [label.text for label in wallet.store.labels()] == [f"₿{ALICE}"]


async def no_device() -> NoReturn:
    raise LinkLost("It is not there.")


async def test_a_proof_that_has_run_out_is_not_shown_to_a_device(tmp_path: Path) -> None:
    wallet = paired(tmp_path / "s")
    fund(wallet, 100_000)
    async with serving(NameServer()) as server:
        draft = await drafted(wallet, Names(server), STRANGER)
    wallet.close()
    folder = WalletFolder(tmp_path / "s", "regtest")
    for now, says in ((END, "is not plugged in"), (END + 1, "has run out")):
        resolver = NameResolver(clock=partial(int, now))
        session = LocalSession(folder, Cable(no_device), None, "tcp", resolver=resolver)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(session.close)
            assert await session.open_wallet()
            with pytest.raises(HostError, match=says):
                await session.sign(draft)
            assert (session.wallet.store.draft() is None) is (now > END)
