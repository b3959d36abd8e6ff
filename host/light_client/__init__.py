"""BDK's light client for one wallet, kept going: peers change, and nothing is believed unasked."""
