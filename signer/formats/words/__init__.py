"""Word lists, and four words that name a transaction."""
