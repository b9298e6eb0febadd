"""Worlds whose truth is known: how work is organised, and how people respond to a number."""
