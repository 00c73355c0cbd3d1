"""What all measures are made with: servers, clients, floors, readings of the kernel, the table."""
