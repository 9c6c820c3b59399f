"""The worker: the process that handles events and runs jobs."""

from surehold.app.worker.run import UnknownPartError, Work, run_worker

__all__ = ["UnknownPartError", "Work", "run_worker"]
