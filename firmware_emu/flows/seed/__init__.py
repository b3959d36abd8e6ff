"""How a seed comes, how its PIN opens it, and how it goes."""
