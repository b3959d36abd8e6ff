"""A wallet at work, under every face: what can be asked of it, and what a person is told. Public.

`api` is the protocol, `local` an ordinary wallet, `tasks` what a face runs, `state` what it draws.
"""
