"""`python -m k1s` is the same as `k1s`."""

from k1s.cli import main

if __name__ == "__main__":
    main()
