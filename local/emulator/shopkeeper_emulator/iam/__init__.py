"""IAM as AWS evaluates it: every call of a role is judged on the resources it really touches, and recorded."""
