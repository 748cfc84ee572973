"""HTTP as both systems want it: one client, its failures, its pace."""
