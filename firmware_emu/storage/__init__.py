"""What outlives a power cut: the flash record, and what is in it."""
