"""The demo's report: what happened, as data (`model`), on the terminal (`terminal`) and as one HTML page (`page`)."""
