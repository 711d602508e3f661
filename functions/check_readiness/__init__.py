"""Second step: may this shop's data train the family? The prepare job found out; this reads its verdict."""
