"""seccomp (Linux): system calls that this process makes no more, in none of its threads.

What the filter forbids is what leads out of the seal. All that is newer than the table is unknown
to the process. What came before stays: ports that listen go on accepting, and files stay open.
"""

import ctypes
import platform
import struct
import sys

from firmware_emu.seal.system_calls import call, forbid_privileges

# Each system call by its number on x86_64 and on arm64, None where there is none
# (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Sockets. Those that io_uring opens pass no filter, so there is none of it.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "connect": (42, 203),
    "sendmmsg": (307, 269),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # Children and other programs.
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # Other processes, and our own from outside.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    # Files by other names than a path, and memory that other processes share.
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mq_open": (240, 180),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "truncate": (76, 45),  # Landlock's before its version 3
    # What Landlock does not look at: the modes, owners, times and attributes of any file.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    # The machine itself, where the process is root's.
    "bpf": (321, 280),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "swapon": (167, 224),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "fanotify_init": (300, 262),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "iopl": (172, None),
    "ioperm": (173, None),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
}
_CLONE, _CLONE3 = (56, 220), 435
_IOCTL = (16, 29)
_SENDTO, _SENDMSG = (44, 206), (46, 211)
_LAST_KNOWN = 462  # mseal; the numbers from 424 on are the same on both

_CLONE_THREAD = 0x00010000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # keys and selections put into the terminal around us
_MSG_FASTOPEN = 0x20000000  # a sending that connects
_ANY_ADDRESS = 0xFFFFFFFF  # the lower half of a pointer: no structure lies where it is zero

# Machines, as the kernel's audit calls them (include/uapi/linux/audit.h), and their columns above.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_SECCOMP = {"x86_64": 317, "aarch64": 277}

# Classic BPF (include/uapi/linux/bpf_common.h) over struct seccomp_data.
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_ARGUMENTS = 0, 4, 16
_KILL, _ERROR, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38

_Instruction = tuple[int, int, int, int]  # operation, jump if so, jump if not, operand


def restrict() -> bool:
    """Install the filter in all threads. False, and nothing is changed, where it cannot be."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES or sys.byteorder != "little":
        return False
    instructions = program(machine)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: the count, and behind it the pointer at its natural place.
    fprog = struct.pack("@HP", len(instructions), ctypes.addressof(buffer))
    try:
        forbid_privileges()
        call(_SECCOMP[machine], _SET_MODE_FILTER, _ALL_THREADS, ctypes.c_char_p(fprog))
    except OSError:
        return False
    return True


def program(machine: str) -> list[_Instruction]:
    """The filter for a machine, "x86_64" or "aarch64"."""
    architecture, column = _ARCHITECTURES[machine]
    refused = [number for row in REFUSED.values() if (number := row[column]) is not None]
    return [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        *_if(_GREATER, _LAST_KNOWN, _ERROR | _ENOSYS),
        # Its flags lie in memory, where no filter can look: the C library falls back to clone.
        *_if(_EQUAL, _CLONE3, _ERROR | _ENOSYS),
        *(line for number in refused for line in _if(_EQUAL, number, _ERROR | _EPERM)),
        *_unless_argument(_CLONE[column], 0, _CLONE_THREAD),
        *_if_argument(_SENDTO[column], 4, _ANY_BIT, (_ANY_ADDRESS,)),
        *_if_argument(_SENDMSG[column], 2, _ANY_BIT, (_MSG_FASTOPEN,)),
        *_if_argument(_IOCTL[column], 1, _EQUAL, (_TIOCSTI, _TIOCLINUX)),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _if(test: int, operand: int, verdict: int) -> list[_Instruction]:
    return [(test, 0, 1, operand), (_RETURN, 0, 0, verdict)]


def _if_argument(
    number: int, index: int, test: int, operands: tuple[int, ...]
) -> list[_Instruction]:
    """Refuse a system call where an argument passes a test against one of the operands."""
    tests = [line for operand in operands for line in _if(test, operand, _ERROR | _EPERM)]
    body = [(_LOAD, 0, 0, _AT_ARGUMENTS + 8 * index), *tests, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]


def _unless_argument(number: int, index: int, bit: int) -> list[_Instruction]:
    """Refuse a system call where an argument lacks a bit."""
    body = [
        (_LOAD, 0, 0, _AT_ARGUMENTS + 8 * index),
        (_ANY_BIT, 1, 0, bit),
        (_RETURN, 0, 0, _ERROR | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return [(_EQUAL, 0, len(body), number), *body]
