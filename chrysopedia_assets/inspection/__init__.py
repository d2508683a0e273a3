"""What can be seen of one video's way from speech to pages: pure functions over its records. Nothing is asked or stored."""
