"""`GET /v1/monitoring/{family}`."""
