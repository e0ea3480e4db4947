"""GET /xuat/<list>.<csv|xlsx>: what a page lists, all of it, as a file."""
