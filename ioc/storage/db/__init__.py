"""Schema, dialects, migrations, the store itself."""
