"""Transactions, scripts and addresses as values, and what a signature commits to."""
