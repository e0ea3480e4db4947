"""The Flask side: the Dash application, live frames, static files, the API."""
