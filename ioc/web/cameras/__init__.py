"""Camera streams and last images through the server."""
