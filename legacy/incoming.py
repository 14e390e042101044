"""Uploaded files on their way: a file and its row appear together or not at all, whoever is killed in between.

Before a file takes its place a note of that place is written and locked, and it goes when the row is committed. A note
that nobody holds any more is of a process that died: what it names goes too, unless the row made it (one in ten uploads
to the old index failed half-way, and stayed).
"""

import errno
import os
import sys

FOLDER = '.incoming'
PART = '.part'  # a file that is being written
BEGINNING = 60  # seconds that a note may be empty: somebody is about to write it
ATTEMPTS = 5
NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)  # how the system says that there is none, nor could be


class Incoming:
    """Files of one transaction below `root`."""

    def __init__(self, root):
        self.root = root
        self.folder = os.path.join(root, FOLDER)
        self.notes = []  # (name of the note, its open file, paths)

    def place(self, files, seconds):
        """Put {path: content} below the root, dated `seconds` since the epoch; readers never see half of a file."""
        import fcntl
        os.makedirs(self.folder, exist_ok=True)
        note = os.path.join(self.folder, os.urandom(16).hex())
        file = open(note, 'w', encoding='utf-8')
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write('\n'.join(files))
        file.flush()
        self.notes.append((note, file, list(files)))
        for path, content in files.items():
            write_file(self.root, path, content, seconds)

    def settle(self):
        """The transaction is committed: the files stay."""
        self.end(lambda paths: [])

    def undo(self):
        """The transaction is dropped: the files go."""
        self.end(lambda paths: paths)

    def abandon(self):
        """Nobody knows, since the commit failed: the next sweep asks the database."""
        while self.notes:
            self.notes.pop()[1].close()

    def end(self, gone):
        """Remove the notes, with those of their files that are to go; what fails waits for the next sweep."""
        while self.notes:
            note, file, paths = self.notes.pop()
            with file:
                try:
                    clear(self.root, note, gone(paths))
                except OSError as error:
                    complain(note, error)

    def sweep(self, has_row):
        """Clear up after processes that died; `has_row` says whether the database knows a path."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return
        for name in names:
            self.sweep_note(os.path.join(self.folder, name), has_row)

    def sweep_note(self, note, has_row):
        """Clear up after one, if it died."""
        import fcntl
        import time
        try:
            with open(note, encoding='utf-8', newline='\n') as file:  # names may hold all else that ends lines
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                paths = file.read().split('\n')
                if paths != ['']:
                    clear(self.root, note, [] if has_row(paths[0]) else paths)
                elif time.time() - os.fstat(file.fileno()).st_mtime > BEGINNING:
                    clear(self.root, note, [])
        except (BlockingIOError, FileNotFoundError):
            return
        except (OSError, ValueError) as error:  # an upload has nothing to do with the note of another
            complain(note, error)


def complain(note, error):
    """Tell the log of a note that stays."""
    sys.stderr.write('the note %s cannot be followed up, and stays: %s\n' % (note, error))


def clear(root, note, paths):
    """Remove files, with what was written of them, and the note of them."""
    remove_files(root, [name for path in paths for name in (path, path + PART)])
    if os.path.exists(note):
        os.unlink(note)


def write_file(root, path, content, seconds):
    """Write one file, making its folders, dated `seconds` since the epoch; readers never see half of it."""
    target = os.path.join(root, path)
    for attempt in range(ATTEMPTS):
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target + PART, 'wb') as output:
                output.write(content)
            break
        except FileNotFoundError:  # somebody has just removed the folder, since it was empty
            if attempt == ATTEMPTS - 1:
                raise
    os.utime(target + PART, (seconds, seconds))
    os.replace(target + PART, target)


def remove_files(root, paths):
    """Delete files, and the folders that only they were in."""
    for path in paths:
        try:
            os.unlink(os.path.join(root, path))
        except OSError as error:
            if error.errno not in NO_FILE:
                raise
        folder = os.path.dirname(path)
        while folder:
            try:
                os.rmdir(os.path.join(root, folder))
            except OSError:
                break  # not empty
            folder = os.path.dirname(folder)
