"""AWS Lambda without containers: AWS's own runtime client, one process per execution environment."""
