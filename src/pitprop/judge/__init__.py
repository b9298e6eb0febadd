"""Keep, challenge, discard or undecided: the only home of policy thresholds."""
