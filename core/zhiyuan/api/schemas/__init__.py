"""Shapes of the interface: what programs send and what they get. Neither tables nor values of the rooms stand here."""
