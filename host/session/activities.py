"""What each task of a face is at, for its person: said of whatever takes long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from host.session import wording
from host.session.state import AppState

WAITING = "Waiting for you at the device"
SYNCING = "Asking the network for your coins"
SENDING = "Giving the payment to the network"
STOPPED = "You stopped it. Nothing was signed, and nothing was paid."
FOLLOWERS = ("network", "device")  # they run as long as the app


@dataclass(frozen=True, slots=True)
class Activity:
    """What a task is at. One that is `stoppable` ends with esc, and nothing is lost by it."""

    sentence: str
    stoppable: bool = False


WORKING = Activity("Working on it")
# By the name of a task, or by its group where all of a group do the same.
ACTIVITIES: Mapping[str, Activity] = {
    "start": Activity("Opening the wallet"),
    "pair": Activity("Reading the keys of the device"),
    "fund": Activity("The faucet sends coins"),
    "discard": Activity("Forgetting the payment"),
    "freeze": Activity("Writing that down"),
    "cable": Activity("Calling the device"),
    "mine": Activity("The miner looks for a block"),
    "nodes": Activity("Calling the node"),
    "keys": Activity("The device is at work"),
    "page": Activity("Turning the page"),
    "theme": Activity("Writing that down"),
    "draft": Activity("Writing the payment down", stoppable=True),
    "payment": Activity("Working on the payment"),
    "sweep": Activity("Asking for the coins of the key", stoppable=True),
    "send_sweep": Activity("Giving the payment to the network"),
    "verify": Activity("Asking the device for the address", stoppable=True),
    "address": Activity("Looking for an address"),
    "records": Activity("Reading what was written down"),
    "find_address": Activity("Looking among the addresses"),
    "flow": Activity("Reading where the coins come from"),
    "overview": Activity("Drawing the plots"),
}


def activity_of(group: str, task: Callable[..., object]) -> Activity | None:
    """What a task of that group is at; None for one that only follows what happens."""
    if group in FOLLOWERS:
        return None
    name = getattr(task, "__name__", "")
    return ACTIVITIES.get(name) or ACTIVITIES.get(group, WORKING)


def sentence(activity: Activity, state: AppState) -> str:
    """What the app is at, as its person reads it."""
    if state.asking:
        return WAITING
    if activity is ACTIVITIES["start"] and state.wallet is not None and not state.synced:
        return SYNCING
    is_sending = activity is ACTIVITIES["payment"] and state.busy == wording.SENDING
    return SENDING if is_sending else activity.sentence
