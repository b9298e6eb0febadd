"""The data were distorted: the number says what the work did not do."""
