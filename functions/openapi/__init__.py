"""The API's description, generated from the schemas that validate and answer."""
