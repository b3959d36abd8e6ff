"""Servers that answer questions about addresses: what Electrum's and Esplora's have in common."""
