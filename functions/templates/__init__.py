"""Templates of letters: saved as immutable versions once they are found right, previewed, and sent as a test."""
