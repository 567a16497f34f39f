"""Names from outside made printable, and labels made safe as names of folders."""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable

from winnow.errors import InputError, UsageError

LITTER = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
"""What desktops leave in folders. Names that begin with a dot are skipped as well."""

SHORTEN = "the class becomes a folder when images are exported: 255 bytes, with what is escaped"
_MAX_NAME_BYTES = 255

# Control characters, line and paragraph separators, marks that turn the direction of what follows, and bytes that were
# not UTF-8 (surrogates): a name with one of them breaks lines in labels.csv, in Git's diffs and on terminals.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# Not allowed in a name on Windows, or with a meaning in a path; `%` so that escaping can be undone.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f%/\\:*?"<>|]|^[ .]|[ .]$')
# Windows keeps them for devices, whatever follows the dot.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\xb9\xb2\xb3])(\..*)?", re.IGNORECASE | re.DOTALL
)
_ESCAPED = re.compile("%([0-7][0-9A-F]|u[0-9A-F]{6})")

_LETTER = re.compile(f"{_ESCAPED.pattern}|.", re.DOTALL)

UNLABELLED = "%unlabelled"
"""The folder of images without a label. No label is escaped to this name."""


def clean(text: str) -> str:
    """Return `text` in Unicode's composed form (NFC), unprintable characters escaped as in Python's strings.

    macOS stores names decomposed: without this one class would be two, depending on who added it.
    """
    composed = unicodedata.normalize("NFC", text)
    printable = _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), composed)
    # An accent that followed an unprintable character now follows the letter that ends its escape.
    return unicodedata.normalize("NFC", printable)


def file_name(text: str) -> str:
    """Return `text` as the name of one file or folder that is safe on every system, percent-escaped where needed."""
    if _RESERVED.fullmatch(text) or text.lower() in LITTER:
        text = f"%{ord(text[0]):02X}{text[1:]}"
        return text[:3] + _UNSAFE.sub(_escape_unsafe, text[3:])
    return _UNSAFE.sub(_escape_unsafe, text)


def _escape_unsafe(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def is_storable(label: str) -> bool:
    """Return whether a label can be the name of a folder: the longest that file systems have is 255 bytes."""
    return len(folder_of_label(label).encode()) <= _MAX_NAME_BYTES


def typed_label(text: str) -> str:
    """Return a label as a person typed it, clean. Raises UsageError when it is too long."""
    label = clean(text.strip())
    if not is_storable(label):
        raise UsageError(f"expected a shorter class name, got {label[:40]!r} …", hint=SHORTEN)
    return label


def folder_of_label(label: str) -> str:
    """Return the name of a class's folder: `../x` becomes `%2E.%2Fx`."""
    return file_name(label) or UNLABELLED


def folders_of_labels(labels: Iterable[str]) -> dict[str, str]:
    """Return the folder of each label, all different: also where the file system does not tell `Cat` from `cat`.

    Raises InputError for a label that is too long for a folder.
    """
    folders = {label: folder_of_label(label) for label in labels}
    alike = Counter(folder.casefold() for folder in folders.values())
    for label, folder in folders.items():
        if alike[folder.casefold()] > 1:
            folders[label] = _LETTER.sub(_escape_capital, folder)
        if len(folders[label].encode()) > _MAX_NAME_BYTES:
            raise InputError(f"expected a shorter class name, got {label[:40]!r} …", hint=SHORTEN)
    return folders


def _escape_capital(match: re.Match[str]) -> str:
    letter = match[0]
    return letter if len(letter) > 1 or letter == letter.casefold() else f"%u{ord(letter):06X}"


def label_of_folder(name: str) -> str:
    """Return the label that a class's folder stands for: the reverse of `folder_of_label`."""
    if name == UNLABELLED:
        return ""
    return clean(_ESCAPED.sub(_unescape, name))


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1].removeprefix("u"), 16)
    return chr(code) if code <= sys.maxunicode else match[0]
