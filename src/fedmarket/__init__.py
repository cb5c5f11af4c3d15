"""fedmarket: federated learning with the money, the record and the incentives on an EVM chain."""

__version__ = "0.1.0"
