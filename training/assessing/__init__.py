"""What the families that decide on events share: rows, learning, calibration, the portable file."""
