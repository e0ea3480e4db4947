"""The icon of every page."""

# A river in a frame; in the page itself, since a file would cost a request of its own.
ICON_LINK = (
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 viewBox=%270 0 32 32%27%3E'
    "%3Crect width=%2732%27 height=%2732%27 rx=%277%27 fill=%27%23121c23%27/%3E%3Cpath d=%27M4 21c4 0 4-4 8-4s4 4 8 4 "
    "4-4 8-4M4 13c4 0 4-4 8-4s4 4 8 4 4-4 8-4%27 fill=%27none%27 stroke=%27%236cc5f5%27 stroke-width=%273%27/%3E"
    '%3C/svg%3E">'
)
