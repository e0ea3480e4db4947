"""Who may look."""
