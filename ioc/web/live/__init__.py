"""Live frames: rendering, diff, delivery."""
