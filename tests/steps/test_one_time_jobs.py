"""Binds the feature "One-time jobs"; its steps are shared with the other kinds of jobs."""

from pytest_bdd import scenarios

scenarios("one_time_jobs.feature")
