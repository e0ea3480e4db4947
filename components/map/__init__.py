"""The map: figure, layers, side panel."""
