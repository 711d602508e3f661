"""CloudFormation resource types that LocalEmu does not know and our stacks use."""
