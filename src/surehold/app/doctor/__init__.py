"""Checks that the promises hold, on the live database: one file of SQL per check, every row it answers is something wrong.

The only code that reads every module's tables: staff runs it, in one read-only snapshot, and nothing is built on it.
"""

from surehold.app.doctor.checks import Check, DoctorError, load_checks
from surehold.app.doctor.examine import Diagnosis, examine

__all__ = ["Check", "Diagnosis", "DoctorError", "examine", "load_checks"]
