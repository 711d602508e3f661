"""placeholder"""


def measure(seed):
    raise NotImplementedError
