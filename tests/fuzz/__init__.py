"""Fuzzing: what a stranger can hand to the signer, and what it may cost at most.

`python -m tests.fuzz psbt --seconds 60` lets a coverage-guided fuzzer (atheris) loose on a target.
`tests/signer/test_fuzz_targets.py` runs a few hundred inputs through each without it.
"""
