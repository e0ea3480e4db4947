"""What working pages are made with: their registration, their callbacks, and what they may ask about the request."""
