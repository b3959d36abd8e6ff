"""The air gap in figures, each beside its bar: transfers, pictures, hostile input, what codes cost.

`python -m tests.optics` takes all of them; the tests of each hold a part by day.
"""
