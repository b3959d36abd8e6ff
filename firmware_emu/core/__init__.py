"""The state machine: what is open, who may ask, whose turn it is, and what follows."""
