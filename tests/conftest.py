"""For all tests: programs start with SIGINT as a terminal gives it, also where a shell started the suite in the
background and had it ignored (POSIX shells do; what is ignored stays so over exec).
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
