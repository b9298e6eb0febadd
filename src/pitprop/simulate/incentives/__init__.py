"""Incentives: people under a number, and what they do to reach it."""
