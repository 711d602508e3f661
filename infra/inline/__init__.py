"""Functions that only CloudFormation calls, small enough to stand in a template."""
