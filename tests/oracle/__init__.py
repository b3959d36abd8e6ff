"""Other people's wallets as oracles: what they derive, hash and sign, compared with what we do.

    python -m tests.oracle --count 20000            a long run, with a table of what was compared
    QUIETKEY_ORACLE_SEED=3f29... pytest tests/oracle    a run again, as its seed drew it

A subject (`locks`, `digests`, `payments`, `seeds`) draws cases and turns each into questions for a
peer; `tally` counts the answers. What a peer cannot do, and where it is known to differ, stands in
tables with the reason, and is counted too.
"""
