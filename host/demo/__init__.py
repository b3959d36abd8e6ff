"""The four parts put together: devnet, device, wallet, broadcast."""
