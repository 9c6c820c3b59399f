"""`./surehold up`: everything the shop needs, started, watched and stopped in order by one process."""
