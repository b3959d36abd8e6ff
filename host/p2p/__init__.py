"""The wire of the Bitcoin network: messages, peers, broadcast."""
