"""A payment: what it spends, what of it is ours, where it goes, and the signatures it needs."""
