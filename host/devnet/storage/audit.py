"""Whether a stored block is what its key and its header say. The rules are the engine's."""

from dataclasses import dataclass, field

from host.devnet import blocks
from host.devnet.storage.block_store import BlockStore
from host.p2p.blocks import Block
from host.p2p.messages import BLOCK_HEADER_LENGTH
from host.transactions import double_sha256
from signer.errors import Malformed


@dataclass(frozen=True, slots=True)
class BlockFault:
    """What is wrong with one block of a store. `hash` is in the order of the wire."""

    height: int | None
    hash: bytes
    problem: str

    @property
    def name(self) -> str:
        """The block as people name it. All zeros: nobody remembers which one."""
        if not any(self.hash):
            return "its last block"
        place = "beside the chain" if self.height is None else str(self.height)
        return f"block {place} ({self.hash[::-1].hex()})"

    def __str__(self) -> str:
        return f"{self.name} {self.problem}"


@dataclass(slots=True)
class Audit:
    """A store's rows, told apart: `sound` ones in their order, and the faults of the others."""

    sound: dict[bytes, Block] = field(default_factory=dict)
    heights: dict[bytes, int] = field(default_factory=dict)  # as kept, for naming only
    faults: list[BlockFault] = field(default_factory=list)


def audit(store: BlockStore) -> Audit:
    """Look at every row. Whether the blocks follow each other is for the chain to see.

    Raises StoreDamaged.
    """
    result = Audit()
    for row in store.rows():
        key = row.hash if isinstance(row.hash, bytes) else b""
        height = row.height if isinstance(row.height, int) else None
        block = read_sound(key, row.raw)
        if isinstance(block, str):
            result.faults.append(BlockFault(height, key, block))
            continue
        result.sound[key] = block
        if height is not None:
            result.heights[key] = height
    return result


def read_sound(block_hash: bytes, raw: object) -> Block | str:
    """The block of this hash, or what is wrong with these bytes."""
    if not isinstance(raw, bytes) or len(block_hash) != 32:
        return "is not a block"
    if double_sha256(raw[:BLOCK_HEADER_LENGTH]) != block_hash:
        return "has bytes that are not of this hash"
    try:
        block = Block.parse(raw)
    except Malformed:
        return "is cut or garbled"
    if not blocks.has_work(block.header):
        return "is of another network"
    if not block.is_whole:
        return "holds other transactions than its header says"
    return block
