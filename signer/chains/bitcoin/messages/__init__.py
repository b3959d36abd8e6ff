"""Messages to sign: BIP137 and BIP322."""
