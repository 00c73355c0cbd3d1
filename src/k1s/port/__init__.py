"""The port: how clients reach the server, who of them may command it, and what each may cost."""
