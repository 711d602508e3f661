"""A shop's own rules: saved in versions, simulated on history, and only then made live."""
