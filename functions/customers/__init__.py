"""Takes requests to erase a customer or to tell what is held of them, and says how far they are."""
