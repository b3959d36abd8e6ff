"""What stands in QR codes: one code, or a series of them."""
