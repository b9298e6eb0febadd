"""What a simulation found, in words and pictures."""
