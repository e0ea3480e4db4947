"""The commands of app.py: the composition root's parts, and like it allowed to know every room."""
