"""The number moves for no reason: praise and blame are for noise."""
