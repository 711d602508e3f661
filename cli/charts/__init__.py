"""Charts of forecasts and decisions, as SVG: coordinates in Python (`axes`, `fan`, `curves`), drawn by one template."""
