"""Encryption of values that leave the program."""
