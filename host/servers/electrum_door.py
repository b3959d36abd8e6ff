"""A door on loopback for BDK's Electrum client, and for it alone: it takes one caller.

What is asked there is answered by a function, so that a server of another kind is read by the
same code of BDK's that reads an Electrum server.
"""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from host.errors import NetworkError
from host.servers.polling import ServerLost, ServerRefused

TIMEOUT_S = 600.0
Answer = Callable[[str, list[Any]], Any]


class ElectrumDoor:
    """`with ElectrumDoor(answer) as door:`, then let a client call `door.port`.

    `failure` is what an answer raised, in the place of the client's own words for it.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = int(self._listener.getsockname()[1])
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._listener.settimeout(TIMEOUT_S)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            caller, _ = self._listener.accept()
            self._listener.close()  # nobody else
            with caller, caller.makefile("rwb") as lines:
                caller.settimeout(TIMEOUT_S)
                for line in lines:
                    lines.write(json.dumps(self._reply(json.loads(line))).encode() + b"\n")
                    lines.flush()

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            return reply | {"result": self._answer(request["method"], request["params"])}
        except (ServerRefused, ServerLost, NetworkError) as error:
            self.failure = self.failure or error
            return reply | {"error": {"code": 1, "message": "see the failure of the door"}}
