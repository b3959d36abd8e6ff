"""How a wallet with a long life behaves: thousands of payments and coins, all of them real.

`python -m tests.scale` measures it.
"""
