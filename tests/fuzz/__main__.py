"""`python -m tests.fuzz TARGET`: coverage-guided, until something is found or the time is up.

What is found is written to a file of the present folder; `--replay FILE` feeds it once more.
"""

import argparse
import sys
import tempfile
from pathlib import Path

INSTALL = "The fuzzer is not installed: pip install 'quietkey[fuzz]' (Linux and macOS)."


def main() -> None:
    """Parse the command line and fuzz. Ends the process with the fuzzer's own status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", help="see TARGETS in tests/fuzz/targets.py")
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    parser.add_argument("--corpus", type=Path, help="a folder of inputs to begin with and add to")
    parser.add_argument(
        "--length", type=int, default=8192, help="bytes of the longest input (8192)"
    )
    parser.add_argument("--replay", type=Path, help="feed this one input, without the fuzzer")
    options = parser.parse_args()
    if options.replay:
        _replay(options)
    elif options.corpus:
        _fuzz(options, options.corpus)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            _fuzz(options, Path(scratch))


def _replay(options: argparse.Namespace) -> None:
    from tests.fuzz import targets  # noqa: PLC0415
    from tests.fuzz.budget import Meter  # noqa: PLC0415

    target = targets.TARGETS[options.target]
    Meter(target.feed, target.budget).take(options.replay.read_bytes())


def _fuzz(options: argparse.Namespace, corpus: Path) -> None:
    try:
        import atheris  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        sys.exit(INSTALL)
    # What is imported in here is instrumented; so is the work that the time is measured against.
    with atheris.instrument_imports(include=["signer", "tests.fuzz.budget"]):
        from tests.fuzz import targets  # noqa: PLC0415
        from tests.fuzz.budget import Meter  # noqa: PLC0415

    target = targets.TARGETS[options.target]
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    limits = [f"-max_total_time={options.seconds}", f"-max_len={options.length}"]
    meter = Meter(target.feed, target.budget, memory_every=64)
    atheris.Setup([sys.argv[0], str(corpus), *limits, "-print_final_stats=1"], meter.take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
