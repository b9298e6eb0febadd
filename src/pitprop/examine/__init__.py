"""Is the number still honest, useful, readable? One file per check, one folder per family."""
