"""A shop's own rules about payments, logins and sessions: data, in versions, tried on history before they go live."""
