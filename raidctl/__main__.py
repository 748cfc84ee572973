"""`python -m raidctl`, and the `raidctl` command."""

from raidctl.cli.app import main

if __name__ == "__main__":
    main()
