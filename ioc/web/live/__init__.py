"""Live frames: drawing, diff, delivery."""
