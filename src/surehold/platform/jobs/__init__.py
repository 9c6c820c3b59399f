"""Scheduled work: what a job is, and the clock that runs it."""

from surehold.platform.jobs.dead_jobs import DeadJobs
from surehold.platform.jobs.job import Job
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.jobs.metrics import JobMetrics
from surehold.platform.jobs.runner import JobRunner

__all__ = ["DeadJobs", "Job", "JobLimits", "JobMetrics", "JobRunner"]
