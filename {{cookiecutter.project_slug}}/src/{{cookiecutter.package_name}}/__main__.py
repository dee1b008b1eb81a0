"""`python -m` does what the `mlops` command does."""

from .cli import main

if __name__ == "__main__":
    main()
