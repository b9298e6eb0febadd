"""`python -m pitprop` is `pitprop`."""

from pitprop.cli import main

main(prog_name="pitprop")
