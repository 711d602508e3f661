"""The nine stacks of an environment, thin: each puts constructs together and says what the next may use."""
