"""Tests, by room: a package, so that tests/web never stands for web."""
