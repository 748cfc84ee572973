"""What doctor finds out of what was read, without reading: its checks, and how they are judged."""
