"""The device: a function from events to effects, with links and faces around it."""
