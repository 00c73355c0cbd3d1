"""Other supervisors, each behind the same few words: see `peer`."""
