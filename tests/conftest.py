"""What every test shares."""

from hypothesis import HealthCheck, settings

# A time limit per example would fail tests on a busy machine for no fault of the code.
settings.register_profile("shopkeeper", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
settings.load_profile("shopkeeper")
