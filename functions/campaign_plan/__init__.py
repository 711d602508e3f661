"""First step of the campaign workflow: fixes what a run will do, and says where an execution of it begins."""
