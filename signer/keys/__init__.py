"""Secrets live here and nowhere else. Keys never come out; only signatures and public keys do."""
