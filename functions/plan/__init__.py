"""First step of the retrain workflow: everything the run will refer to."""
