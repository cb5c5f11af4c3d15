"""Fair exchange of a file for money: what is signed, the arithmetic of chunks, and Exchange.vy in plain Python.

Pure, like the rest of the domain: `reference` is the oracle of the contract's tests, `chunks` and `tree` are the one
definition of the bytes that sellers encrypt and buyers check.
"""
