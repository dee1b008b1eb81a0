"""`python -m ladder` does what the `ladder` command does."""

from .cli import main

if __name__ == "__main__":
    main()
