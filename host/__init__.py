"""The wallet: watch-only coins, payments, and the wire to the device and to the network."""
