"""Bitcoin Core's JSON-RPC over the devnet: the methods that a wallet needs to watch and to send."""
