"""How a node talks to others: sessions, gossip, downloads, answers."""
