"""Seeds in parts: shares of which some or all are needed."""
