"""Read both sides and plan; nothing is written."""
