"""Places, units, map layers and the index from places to units."""
