"""What the nodes had agreed on when they were last seen, kept beside their files.

A store knows its own end only. This is how an older copy, a cut file or a file that is gone is
noticed: each node's last height and hash, in `agreed.json`.
"""

import json
from pathlib import Path
from typing import Any

from host.devnet.storage.block_store import StoredTip

FILE = "agreed.json"


class Agreement:
    """The last known tip of each node, by its name. Without a file it lives in memory only."""

    def __init__(self, file: Path | None) -> None:
        """`is_unreadable` tells that there was a file and that it said nothing."""
        self._file = file
        self.tips: dict[str, StoredTip] = {}
        self.is_unreadable = False
        if file is not None and file.exists():
            try:
                self.tips = _parse(json.loads(file.read_bytes()))
            except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
                self.is_unreadable = True

    def write(self) -> None:
        """Raises OSError. The stores must have settled: what is written here must be on disk."""
        if self._file is None:
            return
        nodes = {
            name: {"height": tip.height, "tip": tip.hash[::-1].hex()}
            for name, tip in self.tips.items()
        }
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({"nodes": nodes}, indent=1) + "\n", "utf-8")
        part.replace(self._file)


def _parse(content: Any) -> dict[str, StoredTip]:  # noqa: ANN401 - anything may lie there
    tips = {
        str(name): StoredTip(entry["height"], bytes.fromhex(entry["tip"])[::-1])
        for name, entry in content["nodes"].items()
    }
    for tip in tips.values():
        if len(tip.hash) != 32 or type(tip.height) is not int:
            raise ValueError("not a tip")
    return tips
