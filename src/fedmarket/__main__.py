"""`python -m fedmarket` is the program `fedmarket`."""

from fedmarket.cli.app import main

if __name__ == "__main__":
    main()
