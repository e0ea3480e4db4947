"""Directives that people work in: documents, acts as events, and what is derived from them."""
