"""The webhook endpoint and its group commit."""
