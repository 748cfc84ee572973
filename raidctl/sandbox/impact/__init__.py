"""An embedded Impact."""
