"""Takes what became of letters from the mail service back: to the ledger, and as events to the lake."""
