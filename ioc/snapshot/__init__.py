"""The read model: one immutable snapshot for all pages."""
