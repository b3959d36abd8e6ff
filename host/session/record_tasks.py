"""What a face does with addresses and records: whose one is, who agrees to it, labels, contacts."""

from contextlib import suppress
from dataclasses import replace

from host.config import render_path
from host.errors import AddressAlarm, HostError
from host.session import wording
from host.session.payment import verify_address
from host.session.state import FlowView, IssuedAddress, RecordView
from host.session.tasks import Host, ask_for_pin, reported
from host.values import OwnAddress

NOT_OURS = "Not found in this wallet: not among the addresses given or used, nor 1 000 behind them."


async def read_records(host: Host, addresses: bool = False) -> None:
    """Labels and contacts as they are now; of a long past, the addresses take longer."""
    book = host.session.records
    try:
        given = await book.addresses() if addresses else host.state.records.given
        host.change(records=RecordView(await book.labels(), await book.contacts(), given))
    except HostError as error:
        host.change(problem=str(error))


async def write_label(host: Host, ref: str, text: str) -> None:
    """Write to a transaction, an address or a coin; "" forgets what was written."""
    with reported(host):
        await host.session.records.write_label(ref, text)
    await read_records(host)


async def ask_for(host: Host, sats: int | None, label: str) -> None:
    """Make a request (BIP21) of the address on the page, and keep for whom it is."""
    issued = host.state.issued
    if issued is None or issued.alarm:
        return
    await write_label(host, issued.receive.address, label)
    if not host.state.problem:
        host.change(issued=replace(issued, sats=sats, label=label))


async def verify(host: Host) -> None:
    """Let the device at the cable derive and show the address that was handed out."""
    issued = host.state.issued
    if issued is None or issued.alarm:
        return
    if host.session.link == "qr":
        host.change(issued=replace(issued, problem=wording.READS_THE_CODE), problem="")
        return
    # An earlier yes does not count any more, but that of another signer does.
    agreed = issued.agreed if issued.signers else {}
    issued = replace(issued, problem="", verified=False, agreed=agreed)
    host.change(issued=issued, problem="")
    try:
        ask_for_pin(host)
        place = await verify_address(
            host.session, issued.receive, lambda: host.device_asks(wording.ASKS_ADDRESS)
        )
    except HostError as error:
        _disagree(host, issued, error)
    else:
        host.change(issued=issued.agree(place, wording.ON_ITS_SCREEN))
    finally:
        host.change(plugged=host.session.plugged)
        host.device_asks("")


async def judge(host: Host, place: int, *, is_same: bool) -> None:
    """Keep what a person read on the signer with that key, which cannot be asked from here."""
    issued = host.state.issued
    if issued is None or issued.alarm:
        return
    try:
        await host.session.judge(issued.receive, is_same=is_same)
    except HostError as error:
        _disagree(host, issued, error)
    else:
        host.change(issued=issued.agree(place, wording.READ_THERE), problem="")


def _disagree(host: Host, issued: IssuedAddress, error: HostError) -> None:
    if isinstance(error, AddressAlarm):
        host.change(issued=replace(issued, alarm=str(error)))
    else:
        host.change(issued=replace(issued, problem=str(error)))


async def find_address(host: Host, text: str) -> None:
    """Say whether an address is this wallet's, and where it comes from."""
    host.change(busy=wording.SEARCHING, problem="", answer="")
    with reported(host):
        address = await host.session.records.find(text)
        host.change(answer=NOT_OURS if address is None else origin_sentence(address))


def origin_sentence(address: OwnAddress) -> str:
    """Where an address of ours comes from."""
    kind = "change" if address.change else "receiving"
    used = "Somebody paid to it." if address.used else "Nobody paid to it yet."
    return f"Yours: {kind} address {address.index}, path {render_path(address.path)}. {used}"


async def descriptor(host: Host) -> str:
    """What the wallet is, or "" with the reason on the page."""
    with reported(host):
        return await host.session.records.descriptor()
    return ""


async def keep_contact(host: Host, name: str, payee: str) -> None:
    """One more person to pay by name; without an address, the one of that name is forgotten."""
    host.change(problem="")
    with reported(host):
        if payee.strip():
            await host.session.records.keep_contact(name, payee)
        else:
            await host.session.records.forget_contact(name)
    if not host.state.problem:
        await read_records(host)


async def read_flow(host: Host, source: bytes | str) -> None:
    """Where its coins come from and go; a page without that says all the same."""
    with suppress(HostError):
        host.change(flow=FlowView(source, await host.session.records.flow(source)))
