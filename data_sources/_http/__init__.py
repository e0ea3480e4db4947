"""The poller's HTTP client (`factory.py`), and what protocols share: threads that read answers, pages, codes."""
