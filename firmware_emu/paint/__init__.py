"""Screen to pixels."""
