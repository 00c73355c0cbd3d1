"""Binds the feature "Periodic jobs"; its steps are shared with the other kinds of jobs."""

from pytest_bdd import scenarios

scenarios("periodic_jobs.feature")
