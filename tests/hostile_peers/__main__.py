"""`python -m tests.hostile_peers [--hostile N ...] [KIND ...]`: what a wallet survives."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from host.devnet.network import Devnet
from tests.devnets import clock
from tests.hostile_peers.kinds import KINDS, TWENTY
from tests.hostile_peers.trial import Outcome, meet


async def run(kinds: list[str], hostile: int) -> int:
    """One trial for each kind; how many of the twenty ended well."""
    survived = 0
    print(f"\n{hostile} hostile beside 1 honest")
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="quietkey-hostile-") as scratch:
            folder = Path(scratch)
            async with Devnet(clock, 1, folder / "net") as devnet:
                outcome = await meet(devnet, folder, kind, hostile)
        survived += outcome.is_right and kind in TWENTY
        print(_row(kind, hostile, outcome), flush=True)
    print(f"of the twenty: {survived} of {sum(kind in TWENTY for kind in kinds)} right in time")
    return survived


def _row(kind: str, hostile: int, outcome: Outcome) -> str:
    verdict = "right" if outcome.is_right else f"WRONG {outcome.error}"
    liars = f"{outcome.liars_named} of {hostile} named as liars" if KINDS[kind].lies else ""
    return f"{kind:<40} {outcome.first_s:6.2f} s {outcome.later_s:6.2f} s  {verdict:<6} {liars}"


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.hostile_peers", description=__doc__)
    parser.add_argument("--hostile", type=int, nargs="+", default=[1, 10])
    parser.add_argument("kind", nargs="*", default=[])
    args = parser.parse_args()
    kinds = args.kind or list(KINDS)
    survived = [asyncio.run(run(kinds, count)) for count in args.hostile]
    return 0 if min(survived) >= sum(kind in TWENTY for kind in kinds) - 1 else 1


if __name__ == "__main__":
    sys.exit(main())
