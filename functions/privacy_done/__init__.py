"""Says that a privacy request is done, or why it failed."""
