"""Jobs files: read, checked, described to editors, and compared with what a server runs."""
