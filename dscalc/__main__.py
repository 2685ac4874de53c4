"""`python -m dscalc`."""

from dscalc.cli import program

if __name__ == "__main__":
    program()
