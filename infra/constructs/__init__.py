"""Small building blocks of the stacks, each with the safe settings built in."""
