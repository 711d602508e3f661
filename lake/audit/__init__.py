"""The readiness audit: can this shop's data train a family, what is missing, what is wrong.

`audit` gives the verdict; `lake.audit.html.render` makes one self-contained page of it.
"""

from lake.audit.run import audit

__all__ = ["audit"]
