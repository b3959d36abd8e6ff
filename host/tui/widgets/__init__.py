"""Things that several screens show."""
