"""What is known of one link, on one screen."""
