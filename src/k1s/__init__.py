"""k1s runs programs for you on a Linux machine and keeps its word about them."""

__version__ = "0.1.0"
