"""Where programs run. Kept empty: the guardian imports from here with next to nothing loaded."""
