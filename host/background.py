"""Blocking calls in threads that nobody waits for when they never end."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


async def call(work: Callable[[], Result], patience_s: float | None) -> Result:
    """What `work` returns or raises; TimeoutError when it takes longer, for None never.

    Not in asyncio's pool: a server that says nothing would keep the program from ending.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Result] = loop.create_future()

    def report(value: Result | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # type: ignore[arg-type]  # of a `work` without an error

    def run() -> None:
        value: Result | None = None
        with _Reported(lambda error: loop.call_soon_threadsafe(report, value, error)):
            value = work()

    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wait_for(result, patience_s)


class _Reported:
    """Whatever ends the block is reported, and raised where it is awaited."""

    def __init__(self, report: Callable[[BaseException | None], object]) -> None:
        self._report = report

    def __enter__(self) -> None:
        """Nothing is reported yet."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            self._report(error)
        return True
