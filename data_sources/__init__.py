"""One file, one protocol, found by its folder."""
