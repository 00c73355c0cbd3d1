"""The logs of jobs, as files: opened, kept small while programs write to them, and read."""
