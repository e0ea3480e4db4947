"""Answers to denied and failed requests, and their audit entries."""
