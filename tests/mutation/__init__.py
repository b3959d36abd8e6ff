"""Mutation testing of the signer: what could be wrong there without a test that says so.

A mutant is the source with one small thing changed. `python -m tests.mutation` makes all of them
and runs the tests that execute the changed line; a mutant that no test fails on has survived.
Linux only: every mutant lives in a fork of one process in which everything is imported already.
"""
