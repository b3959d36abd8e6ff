"""A seed as its person keeps it: encrypted, drawn, in parts and shares; each is read back."""
