"""The decisions of raidctl: pure functions over values, no I/O, no clock."""
