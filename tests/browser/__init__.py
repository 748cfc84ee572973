"""The pages as a browser shows them: `make browser`, where there is a Chromium."""
