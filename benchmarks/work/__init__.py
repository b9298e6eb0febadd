"""What a completion of work costs: pitprop beside SimPy, Ciw, salabim and a loop written by hand."""
