"""What learns: one folder per model family behind one contract, and the container's entry points."""
