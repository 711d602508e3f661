"""What is deployed: typed settings per environment → thin stacks → small constructs. Pure and offline.

`python -m infra --env NAME --out DIR` synthesizes every stack of an environment; `cdk.json` runs the same.

jsii's classes name some parameters of their methods otherwise than its interfaces do, so that a type checker does not
take, for example, a `kms.Key` for a `kms.IKey`, although it is one: such calls carry an ignore that points here.
"""
