"""A face without a screen: what a task did to it is written down. No Textual anywhere."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from host.session import tasks
from host.session.api import WalletSession
from host.session.state import AppState
from host.values import PanelView

PATIENCE_S = 5


class Face:
    """Implements host.session.tasks.Host."""

    def __init__(self, session: WalletSession, **fields: Any) -> None:  # noqa: ANN401 - of AppState
        self.session = session
        self.state = replace(
            AppState(
                title=session.title,
                link=session.link,
                network=session.network,
                panel=session.panel is not None,
                playground=session.playground is not None,
            ),
            **fields,
        )
        self.states: list[AppState] = []
        self.asked: list[str] = []
        self.opened = 0
        self._changed = asyncio.Event()

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - of AppState
        self.state = replace(self.state, **fields)
        self.states.append(self.state)
        self._changed.set()

    def device_asks(self, sentence: str) -> None:
        self.asked.append(sentence)
        self.change(asking=sentence)

    def panel_changed(self, view: PanelView) -> None:
        self.change(view=view)

    def wallet_opened(self) -> None:
        self.opened += 1

    async def comes_to(self, condition: Callable[[AppState], object]) -> AppState:
        """The first state, now or later, that is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self.state):
                self._changed.clear()
                await self._changed.wait()
        return self.state

    def ever(self, condition: Callable[[AppState], object]) -> bool:
        """Whether it was so at some moment."""
        return any(condition(state) for state in self.states)


_: type[tasks.Host] = Face  # held by mypy: a face is a Host
