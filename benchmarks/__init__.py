"""Long measurements: calibration of every check. Run with `make bench`."""
