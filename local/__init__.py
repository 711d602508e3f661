"""The laptop cloud: the stacks that would be deployed to AWS, running on this machine without Docker or an account."""
