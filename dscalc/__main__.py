"""`python -m dscalc`."""

from dscalc.cli import main

if __name__ == "__main__":
    main()
