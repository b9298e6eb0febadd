"""Tables become a few small sufficient statistics; queries run in the engine."""
