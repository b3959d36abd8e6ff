"""Bitcoin Core's consensus engine (libbitcoinkernel), as much of it as a devnet's chain needs.

Its Python binding is young and changes with every release: nothing else in the devnet knows it.
"""

import contextlib
import shutil
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pbk

from host.errors import HostError


class BadBlock(HostError):
    """The engine refused a block."""


class EngineUnusable(HostError):
    """The engine did not start."""


class Step(Enum):
    """What the engine did with a block."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    REFUSED = "refused"


Steps = tuple[tuple[Step, bytes], ...]


@dataclass(slots=True)
class _Diary:
    """What the engine called back. It swallows exceptions, so this only writes down."""

    steps: list[tuple[Step, bytes]] = field(default_factory=list)

    def callbacks(self) -> pbk.ValidationInterfaceCallbacks:
        def note(step: Step) -> Any:  # noqa: ANN401 - the binding has no name for this type
            return lambda _, block, __: self.steps.append((step, bytes(block.block_hash)))

        return pbk.ValidationInterfaceCallbacks(
            block_checked=self._checked,
            block_connected=note(Step.CONNECTED),
            block_disconnected=note(Step.DISCONNECTED),
        )

    def _checked(self, _: object, block: pbk.Block, state: pbk.BlockValidationState) -> None:
        if state.validation_mode != pbk.ValidationMode.VALID:
            self.steps.append((Step.REFUSED, bytes(block.block_hash)))


class Engine:
    """One chain state of its own, in memory. Hashes are in the order of the wire."""

    def __init__(self, scratch: Path) -> None:
        """`scratch` is emptied first: a killed process leaves its engine's 17 MB behind.

        Raises EngineUnusable.
        """
        # The engine has no way to say "write it down now": killed, it would have lost everything.
        # So it works in memory (this folder holds its work only), and its owner keeps the blocks.
        self._scratch = scratch
        _remove(scratch)
        self._diary = _Diary()
        context = pbk.make_context(pbk.ChainType.REGTEST, self._diary.callbacks())
        folders = str(scratch), str(scratch / "blocks")
        try:
            options = pbk.ChainstateManagerOptions(context, *folders)
            options.update_block_tree_db_in_memory(True)
            options.update_chainstate_db_in_memory(True)
            options.set_worker_threads_num(0)
            self._manager = pbk.ChainstateManager(options)
        except RuntimeError as error:
            raise EngineUnusable(
                f"The engine cannot work in {scratch}. No block is lost: it keeps none. "
                "Make room there and allow writing, or choose another folder."
            ) from error

    def genesis(self) -> bytes:
        """The first block's bytes."""
        entry = self._manager.get_active_chain().block_tree_entries[0]
        return bytes(self._manager.blocks[entry])

    def judge(self, raw: bytes) -> Steps:
        """What came of a block, in order. Raises BadBlock when its header or form is wrong.

        A block that breaks any other rule is told by a REFUSED step: the engine's own answer to
        such a block is yes, and only what it calls back says no.
        """
        self._diary.steps.clear()
        try:
            self._manager.process_block(pbk.Block(raw))
        except (pbk.ProcessBlockException, RuntimeError) as error:
            raise BadBlock("The block's header, work or merkle root is wrong.") from error
        return tuple(self._diary.steps)

    def close(self) -> None:
        """Nothing may be asked afterwards: the engine would answer from freed memory."""
        del self._manager
        _remove(self._scratch)


def _remove(scratch: Path) -> None:
    """Whatever stands there; what cannot be removed is for the engine to complain about."""
    if scratch.is_dir() and not scratch.is_symlink():
        shutil.rmtree(scratch, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
