"""What raidctl tells of itself to those who watch it: counts by period, the state it left."""
