"""Commands that change submissions."""
