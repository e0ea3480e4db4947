"""From a snapshot to the API's schemas, without I/O."""
