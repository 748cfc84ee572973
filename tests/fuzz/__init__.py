"""Mutants of everything that raidctl reads: no defect, and no row that stops another."""
