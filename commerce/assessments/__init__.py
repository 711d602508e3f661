"""Assessments: decisions on what just happened, within milliseconds. `POST /v1/<family>:assess`."""
