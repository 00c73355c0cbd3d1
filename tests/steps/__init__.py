"""The steps that bind the feature files to a real server and real processes."""
