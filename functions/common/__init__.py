"""What several functions share: settings from the environment, AWS clients, HTTP answers, logs and metrics."""
