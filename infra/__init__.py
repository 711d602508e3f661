"""What is deployed: typed settings per environment → thin stacks → small constructs. Pure and offline.

`python -m infra --env NAME --out DIR` synthesizes every stack of an environment; `cdk.json` runs the same.
"""
