"""How what was missed is told."""
