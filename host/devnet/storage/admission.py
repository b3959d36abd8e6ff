"""Which stores a network may start with: what one node lacks, another must have."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from host.devnet.chain import NodeChain
from host.devnet.storage.agreement import Agreement
from host.devnet.storage.audit import BlockFault
from host.devnet.storage.block_store import StoreDamaged, StoredTip, StoreUnusable

NOWHERE = bytes(32)


class ChainLost(StoreUnusable):
    """A block that the nodes had agreed on is on no node any more."""


@dataclass(slots=True)
class Admitted:
    """A node's opened chain, and what is wrong with it. `chain` is None for an unreadable file."""

    name: str
    file: Path
    chain: NodeChain | None
    faults: list[BlockFault] = field(default_factory=list)

    def open(self) -> NodeChain:
        """Its chain; a new one in the place of a file that cannot be read."""
        if self.chain is None:
            self.chain = NodeChain(self.file, self.name)
        return self.chain


def admit(
    files: Sequence[tuple[str, Path]],
    agreement: Agreement,
    living: Iterable[NodeChain],
    note: Callable[[str], None],
) -> list[Admitted]:
    """Open the stores of these nodes, and tell `note` what is wrong in entry.

    A file that cannot be read, or that holds another chain, is set aside, and the node begins a
    new one. Nothing is changed when it raises ChainLost, StoreUnusable or EngineUnusable.
    """
    admitted: list[Admitted] = []
    with ExitStack() as opened:
        for name, file in files:
            admitted.append(_open(name, file, agreement))
            opened.callback(_close, admitted[-1])
        agreed = _agreed_blocks(admitted, agreement, list(living))
        opened.pop_all()
    for entry in admitted:
        for fault in entry.faults:
            note(f"{entry.name}: {fault}. The other nodes are asked for what is missing.")
        if entry.chain is None or _is_foreign(entry, agreement, agreed):
            note(f"{entry.name}: its old file is kept as {_set_aside(entry).name}.")
        entry.open()
    return admitted


def _open(name: str, file: Path, agreement: Agreement) -> Admitted:
    last = agreement.tips.get(name)
    was_there = file.exists()
    try:
        chain = NodeChain(file, name)
    except StoreDamaged:
        end = last or StoredTip(0, NOWHERE)
        fault = BlockFault(end.height, end.hash, "cannot be read, nor any before it")
        return Admitted(name, file, None, [fault])
    faults = list(chain.faults)
    if last and last.hash not in chain.links() and last.hash not in {f.hash for f in faults}:
        problem = (
            "is missing, the file is older or cut" if was_there else "is missing, as is the file"
        )
        faults.append(BlockFault(last.height, last.hash, problem))
    return Admitted(name, file, chain, faults)


def _agreed_blocks(
    admitted: list[Admitted], agreement: Agreement, living: list[NodeChain]
) -> set[bytes]:
    """Every block from what must be there back to the first. Raises ChainLost."""
    chains = [entry.chain for entry in admitted if entry.chain] + living
    if not chains:
        raise _lost(StoredTip(0, NOWHERE), admitted)
    links: dict[bytes, bytes] = {}
    for chain in chains:
        links.update(chain.links())
    ends = [agreement.tips[entry.name] for entry in admitted if entry.name in agreement.tips]
    if not living and all(entry.faults for entry in admitted):
        # Nobody is beyond doubt, so nobody's own end may be forgotten.
        ends += [tip for chain in chains if (tip := chain.kept_tip)]
    walked = {chains[0].hash_at(0)}
    for end in ends:
        height, key = end.height, end.hash
        while key not in walked:
            if key not in links:
                raise _lost(StoredTip(height, key), admitted)
            walked.add(key)
            height, key = height - 1, links[key]
    return walked


def _lost(tip: StoredTip, admitted: list[Admitted]) -> ChainLost:
    problems = [f"{entry.name}: {fault}" for entry in admitted for fault in entry.faults[:3]]
    lost = BlockFault(tip.height, tip.hash, "").name if tip.hash != NOWHERE else "any block"
    return ChainLost(
        f"No node has {lost} as it was agreed. {'; '.join(problems)}. "
        "The devnet does not start, and nothing was changed. "
        "Put the files back as they were, or choose another folder."
    )


def _is_foreign(admitted: Admitted, agreement: Agreement, agreed: set[bytes]) -> bool:
    """Whether the file leads to another end than the node's own, and not on the way to it."""
    last, chain = agreement.tips.get(admitted.name), admitted.chain
    if last is None or chain is None or last.hash in chain.links():
        return False
    return chain.tip not in agreed


def _set_aside(admitted: Admitted) -> Path:
    """Move a file out of the way, and never over another."""
    if admitted.chain:
        admitted.chain.close()
        admitted.chain = None
    file = admitted.file
    aside, number = file.with_suffix(".damaged"), 1
    while aside.exists():
        number += 1
        aside = file.with_suffix(f".damaged-{number}")
    file.replace(aside)
    for journal in ("-wal", "-shm"):
        file.with_name(file.name + journal).unlink(missing_ok=True)
    return aside


def _close(admitted: Admitted) -> None:
    if admitted.chain:
        is_new = admitted.chain.is_new
        admitted.chain.close()
        if is_new:
            admitted.file.unlink(missing_ok=True)
