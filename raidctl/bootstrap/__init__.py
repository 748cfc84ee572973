"""The composition root: which adapters stand behind the ports, and by which rules a run goes."""
