"""Names from outside made printable, and labels made safe as names of folders."""

import re
import unicodedata

# Control characters, line and paragraph separators, and bytes that were not UTF-8 (surrogates): a name with one of
# them breaks lines in labels.csv, in Git's diffs and on terminals.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# Not allowed in a name on Windows, or with a meaning in a path; `%` so that escaping can be undone.
_UNSAFE = re.compile(r'[%/\\:*?"<>|]|^[ .]|[ .]$')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_ESCAPED = re.compile("%([0-7][0-9A-F])")

UNLABELLED = "%unlabelled"
"""The folder of images without a label. No label is escaped to this name."""


def clean(text: str) -> str:
    """Return `text` in Unicode's composed form (NFC), unprintable characters escaped as in Python's strings.

    macOS stores names decomposed: without this one class would be two, depending on who added it.
    """
    composed = unicodedata.normalize("NFC", text)
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), composed)


def file_name(text: str) -> str:
    """Return `text` as the name of one file or folder that is safe on every system, percent-escaped where needed."""
    if _RESERVED.fullmatch(text):
        text = f"%{ord(text[0]):02X}{text[1:]}"
        return text[:3] + _UNSAFE.sub(_escape_unsafe, text[3:])
    return _UNSAFE.sub(_escape_unsafe, text)


def _escape_unsafe(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def folder_of_label(label: str) -> str:
    """Return the name of a class's folder: `../x` becomes `%2E.%2Fx`."""
    return file_name(label) or UNLABELLED


def label_of_folder(name: str) -> str:
    """Return the label that a class's folder stands for: the reverse of `folder_of_label`."""
    if name == UNLABELLED:
        return ""
    return clean(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), name))
