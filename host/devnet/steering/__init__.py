"""How people and programs run a devnet: lines typed, the control socket, faults on command."""
