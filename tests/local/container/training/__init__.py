"""The stand-in image: what its container does is what each test asks for."""
