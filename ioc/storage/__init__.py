"""The only package with SQL on our own store."""
