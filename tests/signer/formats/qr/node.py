"""Strangers' packages for JavaScript, run by node where both are there (`bash .ci/peers`)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from signer.hashes import sha256
from tests.nights import AT_NIGHT
from tests.signer.published import ROOT

PEERS = Path(os.environ.get("QUIETKEY_PEERS", ROOT / ".peers"))
NODE = shutil.which("node") or ""
# How many random payloads go each way: some by day, all at night.
TRIPS = (12, pytest.param(300, marks=AT_NIGHT))


def needs(package: str) -> pytest.MarkDecorator:
    """Skips, saying so, where node or this package is absent."""
    is_here = bool(NODE) and (PEERS / "node_modules" / package / "package.json").exists()
    return pytest.mark.skipif(not is_here, reason=f"node or its package {package} is absent")


def answers(script: str, jobs: list[dict[str, object]]) -> list[object]:
    """What `answer(job)` of a module's script gives for each of the jobs, in one process."""
    script += """
import {readFileSync} from 'fs';
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(answer)));
"""
    modules = PEERS / "node_modules"
    run = subprocess.run(
        [NODE, "--input-type=module", "-e", script],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NODE_PATH": str(modules)},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    listed: list[object] = json.loads(run.stdout)
    assert len(listed) == len(jobs)
    return listed


def required(package: str) -> str:
    """The line that gives the script such a package, of the older kind, as `peer`."""
    place = json.dumps(str(PEERS / "node_modules" / "x.js"))
    return (
        f"import {{createRequire}} from 'module';\n"
        f"const peer = createRequire({place})({json.dumps(package)});\n"
    )


def random_bytes(seed: str, length: int) -> bytes:
    """The same for the same seed."""
    blocks = (sha256(f"{seed} {n}".encode()) for n in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def random_number(seed: str, bound: int) -> int:
    """From 0 to `bound` - 1."""
    return int.from_bytes(sha256(f"number {seed}".encode())[:8], "big") % bound
