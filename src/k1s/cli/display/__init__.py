"""What people are shown: text, tables, progress and whole screens. Nothing here asks a server."""
