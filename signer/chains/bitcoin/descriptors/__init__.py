"""Output descriptors (BIP380 to BIP390) and wallet policies (BIP388): text in, scripts out."""
