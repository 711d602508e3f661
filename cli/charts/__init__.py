"""Charts of forecasts and of decisions, as SVG: coordinates in Python (`axes`, `fan`, `curves`), drawn by a template."""
