"""What a devnet keeps on disk: each node's blocks, and what the nodes agreed on."""
