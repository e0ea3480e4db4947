"""The HTTP server and static files."""
