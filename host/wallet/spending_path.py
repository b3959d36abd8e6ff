"""Which of several ways the coins of a wallet are spent: the one whose signatures are enough."""

import json
from collections.abc import Mapping
from typing import Any

import bdkpython as bdk

from host.wallet.bdk_adapter import EXTERNAL, INTERNAL

_LOCKS = ("ABSOLUTETIMELOCK", "RELATIVETIMELOCK")


def chosen(builder: "bdk.TxBuilder", wallet: "bdk.Wallet") -> "bdk.TxBuilder":
    """The builder, told which conditions the payment is to meet: with as few locks as there can be.

    BDK asks for it where the conditions differ in what they want of a payment (older, after).
    """
    for branch in (EXTERNAL, INTERNAL):
        policy = wallet.policies(branch)
        if policy is not None and policy.requires_path():
            path: dict[str, list[int]] = {}
            _choose(json.loads(policy.as_string()), path)
            builder = builder.policy_path(path, branch)
    return builder


def _choose(node: Mapping[str, Any], path: dict[str, list[int]]) -> int:
    """How many locks are left when the conditions with the fewest are met; these go into `path`."""
    if node["type"] != "THRESH":
        return int(node["type"] in _LOCKS)
    locks = [_choose(item, path) for item in node["items"]]
    order = sorted(range(len(locks)), key=locks.__getitem__)
    path[node["id"]] = sorted(order[: node["threshold"]])
    return sum(locks[index] for index in path[node["id"]])
