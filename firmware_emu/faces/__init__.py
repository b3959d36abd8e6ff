"""Front panels: each shows the same screens and sends the same keys."""
