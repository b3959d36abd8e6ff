"""Bitcoin: PSBTs reviewed, refused or signed."""
