"""Verdicts in words and pictures."""
