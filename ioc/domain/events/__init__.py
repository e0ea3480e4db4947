"""Events: validation, state, deduplication, masking."""
