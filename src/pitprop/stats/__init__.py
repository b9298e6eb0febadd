"""Arithmetic only: arrays in, small frozen results out. Knows no other pitprop type."""
