"""Every screen there is, drawn: to be looked at, and compared with the goldens."""
