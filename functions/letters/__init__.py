"""Letters: what a template may hold, and what it says to one customer.

Saving goes `check` → `layout` (MJML to HTML) → `names` and `markup` (what it may name, and where); sending goes
`values` → `render` → `message`. Both read Liquid through `dialect` alone.
"""
