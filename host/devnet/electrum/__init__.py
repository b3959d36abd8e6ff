"""An Electrum server (protocol 1.4) over the devnet, for wallets that speak nothing else."""
