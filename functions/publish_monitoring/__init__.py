"""Last step of the monitor workflow: keeps the report, measures it, and starts a retraining on demand."""
