"""The four parts put together: devnet, device, wallet, broadcast."""

import argparse


def main(args: argparse.Namespace) -> int:
    """`quietkey demo --auto`. Late import: this package is on the way to the app's first frame."""
    from host.demo import auto  # noqa: PLC0415

    return auto.main(args)
