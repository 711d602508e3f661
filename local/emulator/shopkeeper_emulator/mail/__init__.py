"""SES as the shop uses it: mail that is kept instead of delivered, and what becomes of it, told to the shop's topic."""
