"""Becomes an engine: drops root, asks the kernel for a signal when our parent dies, then executes the server.

Run by path with `-I -S`, so that it starts in a few milliseconds and imports nothing of ours. A separate program instead of
`preexec_fn`, which may deadlock in a process with threads. Arguments: parent's pid, signal, uid, gid (-1: stay), niceness,
program, its arguments.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def _give_way(niceness: int) -> None:
    os.nice(niceness)
    if os.path.exists("/proc/self/autogroup"):  # noqa: PTH110  pathlib costs more than all the rest
        # Linux weighs sessions first, and we lead one: by itself the niceness counts only within it.
        with open("/proc/self/autogroup", "w") as group:  # noqa: PTH123
            group.write(str(niceness))


def main() -> None:
    parent, death_signal, uid, gid, niceness = (int(word) for word in sys.argv[1:6])
    command = sys.argv[6:]
    os.umask(0o077)
    if niceness:
        _give_way(niceness)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after setuid, which clears it
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel knew whom to watch
            sys.exit("the launcher died")
    os.execv(command[0], command)  # noqa: S606


main()
