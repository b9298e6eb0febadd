"""The command line: parse, call, print, exit code. Nothing heavy is imported before it is needed."""

from pitprop.cli import audit, explain, register, simulate
from pitprop.cli.program import main

__all__ = ["audit", "explain", "main", "register", "simulate"]
