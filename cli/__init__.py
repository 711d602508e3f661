"""The `shopkeeper` command: the same verbs against the laptop cloud and against AWS."""
