"""Decides on payments, logins and sessions as they happen: `POST /v1/<family>:assess`."""
