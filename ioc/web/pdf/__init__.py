"""The PDF endpoint."""
