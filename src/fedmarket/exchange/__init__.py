"""Files for sale on disk: cut, salted, hashed, encrypted, checked, decrypted and disputed, in constant memory.

The arithmetic is `fedmarket.domain.exchange`, the contract's own; here it meets files, processes and interruptions.
"""
