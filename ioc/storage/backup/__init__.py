"""Online backup, archive, restore."""
