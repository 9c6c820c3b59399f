"""Small stand-ins for the shop's processes, run by the real server and the real supervisor. One file each: they start often."""
