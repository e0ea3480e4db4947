"""Places, areas and the index of units."""
