"""What a person can do, free of any user interface: one verb, one module."""
