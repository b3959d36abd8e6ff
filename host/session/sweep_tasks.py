"""What a face does with a private key: its coins are looked for, and sent to this wallet.

The key is in nothing but `AppState.sweep.sweeper`, until its coins are sent or it is left.
"""

import asyncio
from dataclasses import replace
from datetime import date

from host.errors import HostError
from host.fees import FeeChoice
from host.session import wording
from host.session.payment import chosen_rate
from host.session.state import SweepProgress
from host.session.tasks import Host, reported


async def plan_sweep(host: Host, key: str, fee: FeeChoice, birthday: date | None) -> bool:
    """Look for what the key has. Whether there is something to be looked at, and agreed to.

    Without a `key` the one is meant that was read before: another fee is tried.
    """
    host.change(problem="", busy=wording.LOOKING_FOR_COINS)
    with reported(host):
        sweep = host.state.sweep
        present = sweep.sweeper if sweep and not key else None
        sweeper = present or host.session.sweeper(key, birthday)
        host.change(sweep=SweepProgress(sweeper))
        try:
            rate, advice = await chosen_rate(host.session, fee)
            plan = await sweeper.plan(rate)
        except asyncio.CancelledError:
            host.change(sweep=None)
            raise
        host.change(sweep=SweepProgress(sweeper, plan, advice))
        return True
    return False


async def send_sweep(host: Host) -> None:
    """Send what the key has; then the key is forgotten."""
    sweep = host.state.sweep
    if sweep is None or sweep.sweeper is None or sweep.plan is None or sweep.working:
        return
    host.change(sweep=replace(sweep, problem="", working=True))
    try:
        sent = await sweep.sweeper.send()
    except HostError as error:
        host.change(sweep=replace(sweep, problem=str(error)), problem=str(error))
    else:
        host.change(sweep=replace(sweep, sweeper=None, sent=sent, problem=""))
