"""Peers that lie, keep silent or talk nonsense (`python -m tests.hostile_peers`).

`kinds.py` has what they do, `peer.py` somebody who does it, `trial.py` a wallet that meets them.
"""
