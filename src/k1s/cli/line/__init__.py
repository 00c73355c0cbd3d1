"""Reading the command line: what its words say, and what could stand in their place."""
