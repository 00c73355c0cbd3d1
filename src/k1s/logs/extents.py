"""What the kernel offers below the level of bytes: cutting a file at its front, and where it lies.

Python has no name for either call, so that both go through the C library.
"""

import ctypes
import errno
import fcntl
import os
import struct
from typing import Final

_FALLOC_FL_COLLAPSE_RANGE: Final = 0x08
# Those that cut under their own lock, so that no reader or writer sees it half
# done. Not cifs, which copies the bytes down instead.
_EXT4, _XFS, _OVERLAY = 0xEF53, 0x58465342, 0x794C7630
_TRUSTED: Final = frozenset((_EXT4, _XFS, _OVERLAY))
_STATFS_BYTES_MAX: Final = 256

_FS_IOC_FIEMAP: Final = 0xC020660B
_FIEMAP_FLAG_SYNC: Final = 1
_FIEMAP_HEADER: Final = struct.Struct("=QQIIII")
_FIEMAP_EXTENT: Final = struct.Struct("=QQQQQIIII")
# Nowhere on the disk yet, or not in blocks of its own.
_FIEMAP_VAGUE: Final = 0x2 | 0x4 | 0x100 | 0x200 | 0x400

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


def collapse(descriptor: int, length: int) -> None:
    """Take the first `length` bytes out of a file: what follows them moves to the front.

    The length is a multiple of the file system's block, and less than the file
    has. Raises `OSError`, and then nothing has changed.
    """
    if _libc.fallocate(descriptor, _FALLOC_FL_COLLAPSE_RANGE, 0, length) != 0:
        _fail()


def can_collapse(descriptor: int) -> bool:
    """Whether this file can be cut, found out by asking for what no file can do."""
    if _file_system(descriptor) not in _TRUSTED:
        return False
    size = os.fstat(descriptor).st_size
    block = os.fstatvfs(descriptor).f_bsize
    beyond = (size // block + 1024) * block
    try:
        collapse(descriptor, beyond)
    except OSError as error:
        return error.errno == errno.EINVAL
    return False


def first_block(descriptor: int) -> int | None:
    """Where on its disk the file begins, in bytes; None if that is not known.

    Writes what is not on the disk yet, which has no place there.
    """
    buffer = bytearray(_FIEMAP_HEADER.size + _FIEMAP_EXTENT.size)
    _FIEMAP_HEADER.pack_into(buffer, 0, 0, 1, _FIEMAP_FLAG_SYNC, 0, 1, 0)
    try:
        fcntl.ioctl(descriptor, _FS_IOC_FIEMAP, buffer)
    except OSError:
        return None
    _, _, _, found, _, _ = _FIEMAP_HEADER.unpack_from(buffer)
    logical, physical, _, _, _, flags, *_ = _FIEMAP_EXTENT.unpack_from(buffer, _FIEMAP_HEADER.size)
    if found != 1 or logical != 0 or flags & _FIEMAP_VAGUE:
        return None
    return int(physical)


def _file_system(descriptor: int) -> int:
    """The magic number of the file system: the first word of `struct statfs`."""
    buffer = ctypes.create_string_buffer(_STATFS_BYTES_MAX)
    if _libc.fstatfs(descriptor, buffer) != 0:
        _fail()
    return ctypes.c_long.from_buffer(buffer).value


def _fail() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))
