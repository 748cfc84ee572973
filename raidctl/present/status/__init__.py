"""How raidctl does, in every format."""
