"""The words and the rules of the control room. Standard library only: no I/O, no clock, no network."""
