"""What raidctl answers in many situations, recorded so that two versions of it can be compared."""
