"""The classical models of incentives in closed form: what the simulation has to reproduce, to the last digit.

Arithmetic only: arrays in, small frozen results out. Units are the reader's: value, pay and the cost of effort are in
one unit of money, a metric in its own, a weight in money per unit of the metric.
"""
