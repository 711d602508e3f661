"""Simulators of what a shop sees of its customers, of fraudsters and of robots: simulated data, see README.md."""
