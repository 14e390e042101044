"""Archives that a client builds are the same bytes each time: their times, owners and order. Python 2.7 and 3.

A folder for PYTHONPATH: Python imports this by itself when it starts. The client's own clock is not touched.
"""

import gzip
import os
import tarfile
import time
import zipfile

SECONDS = 1451703846  # 2016-01-02 03:04:06


class Clock:
    """What archives ask of the module `time`."""

    @staticmethod
    def time():
        """Return the one time that there is."""
        return SECONDS

    @staticmethod
    def localtime(seconds=SECONDS):
        """Return it whatever the time of a file is, in every time zone."""
        return time.gmtime(SECONDS)


class TarInfo(tarfile.TarInfo):
    """A member of nobody's, of that time."""

    def tobuf(self, *arguments, **named):
        """Write the head of a member."""
        self.mtime, self.uid, self.gid, self.uname, self.gname = SECONDS, 0, 0, "", ""
        return tarfile.TarInfo.tobuf(self, *arguments, **named)


_listdir = os.listdir
_Stream = tarfile._Stream


class Stream(_Stream):
    """A packed archive that does not say in which folder it was made, as those before Python 3.8 do."""

    def _init_write_gz(self, *arguments):
        self.name = os.path.basename(self.name)
        _Stream._init_write_gz(self, *arguments)


gzip.time = tarfile.time = zipfile.time = Clock
tarfile.TarFile.tarinfo = TarInfo
tarfile._Stream = Stream
os.listdir = lambda *folder: sorted(_listdir(*folder))
