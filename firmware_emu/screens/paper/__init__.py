"""What a person draws on paper, and reads back from it."""
