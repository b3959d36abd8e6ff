"""The coins of one key, looked for by any backend: two scripts at a time, in memory only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import bdkpython as bdk

from host.store import Pairing, Search
from host.sweep.private_key import PrivateKey
from host.transactions import Transaction, TxOut
from host.values import HistoryRow
from host.wallet import bdk_adapter
from host.wallet.bdk_adapter import EXTERNAL
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.payment_request import NETWORKS

PKH, SH_WPKH, WPKH, TR = "pkh({})", "sh(wpkh({}))", "wpkh({})", "tr({})"
TITLES = {PKH: "p2pkh", SH_WPKH: "p2sh-p2wpkh", WPKH: "p2wpkh", TR: "p2tr"}
ENOUGH = 10_000  # a key has one address of each kind: no light client looks further


@dataclass(frozen=True, slots=True)
class KeyScript:
    """One kind of script of a key, with its public key and, behind a hash, the script in it.

    To spend a coin of it adds `weight` units to a transaction at most (BIP141).
    """

    kind: str
    address: str
    public_key: bytes
    weight: int
    redeem_script: bytes = b""

    @classmethod
    def of(cls, key: PrivateKey, kind: str, network: str) -> "KeyScript":
        secret = descriptor(key, kind, network)
        public_key = bytes.fromhex(re.findall("[0-9a-f]{66,130}", str(secret))[0])
        redeem_script = b""
        if kind == SH_WPKH:
            inner = descriptor(key, WPKH, network).derive_address(0, NETWORKS[network])
            redeem_script = inner.script_pubkey().to_bytes()
        address = str(secret.derive_address(0, NETWORKS[network]))
        return cls(kind, address, public_key, int(secret.max_weight_to_satisfy()), redeem_script)


@dataclass(frozen=True, slots=True)
class KeyCoin:
    """A coin of a key: at which script, the transaction that brought it, and which output it is.

    `height` is None until it is in a block.
    """

    script: KeyScript
    source: Transaction
    index: int
    height: int | None

    @property
    def output(self) -> TxOut:
        return self.source.outputs[self.index]


class KeyWallet:
    """Implements host.wallet.ScannedWallet for up to two kinds of scripts of a key."""

    def __init__(self, key: PrivateKey, kinds: Sequence[str], network: str, search: Search) -> None:
        self.scripts = tuple(KeyScript.of(key, kind, network) for kind in kinds)
        self.network = network
        self.closed = False
        self.search = search
        # Where on the chain such coins can be: see host.light_client.facts.
        self.pairing = Pairing(network, kinds[0].partition("(")[0], "", "")
        secrets = [descriptor(key, kind, network) for kind in kinds]
        memory = bdk.Persister.new_in_memory()
        params = bdk.CreateParams(genesis_hash=None, lookahead=1, use_spk_cache=False)
        self.engine: BdkWallet
        if len(secrets) == 1:
            self.engine = BdkWallet.create_single_with_params(
                secrets[0], NETWORKS[network], memory, params
            )
        else:
            self.engine = BdkWallet.create_with_params(*secrets, NETWORKS[network], memory, params)

    @property
    def tip_height(self) -> int:
        return int(self.engine.latest_checkpoint().height)

    def apply(self, update: "bdk.Update") -> bool:
        """Take in what a backend found. There are no further addresses to look for."""
        self.engine.apply_update(update)
        return False

    def finish_search(self, *, complete: bool = True) -> None:
        self.search = replace(self.search, complete=complete)

    def search_again(self, gap: int | None = None) -> None:  # noqa: ARG002 - there is no gap
        self.search = replace(self.search, complete=False)

    def revealed(self) -> tuple[int, int]:
        return (0, 0)

    def watched(self) -> tuple[int, int]:
        return (ENOUGH, ENOUGH)

    def history(self) -> tuple[HistoryRow, ...]:
        """Nothing that a person would read."""
        return ()

    def coins(self) -> list[KeyCoin]:
        """Those that nothing on the chain, or in the server's mempool, has spent."""
        coins = []
        for output in self.engine.list_unspent():
            source = self.engine.get_tx(output.outpoint.txid)
            if source is not None:
                script = self.scripts[0 if output.keychain is EXTERNAL else 1]
                transaction = Transaction.parse(bytes(source.transaction.serialize()))
                height = bdk_adapter.height(output.chain_position)
                coins.append(KeyCoin(script, transaction, int(output.outpoint.vout), height))
        return coins


def descriptor(key: PrivateKey, kind: str, network: str) -> "bdk.Descriptor":
    """With the key in it: its text has the public one."""
    is_main = network == "mainnet"
    return bdk.Descriptor(
        key.expression(kind), bdk.NetworkKind.MAIN if is_main else bdk.NetworkKind.TEST
    )


def watch(key: PrivateKey, network: str, search: Search) -> tuple[KeyWallet, ...]:
    """Everything that a key can have coins at, for a backend to look for.

    A key of 65 bytes has one address: nodes pass on no segwit coin of it (BIP143), and its P2WPKH
    could not be spent.
    """
    kinds = ((PKH, SH_WPKH), (WPKH, TR)) if key.compressed else ((PKH,),)
    return tuple(KeyWallet(key, pair, network, search) for pair in kinds)
