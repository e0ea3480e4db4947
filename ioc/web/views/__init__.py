"""Acting: plain pages of forms, drawn by the server for one person, worked without a script."""
