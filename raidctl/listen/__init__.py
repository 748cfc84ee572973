"""`raidctl listen`: events come in over HTTP, are kept in the journal, and are worked off."""
