"""Seeds: made, typed, derived."""
