"""What a hostile host can do to a running device (threat T97): each kind is a process that does it.

`kinds` has what they send, `measure` what the device does meanwhile.
"""
