"""A `dvc.lock` that somebody handed over is looked at before a parser of YAML is let near it."""

import re

from winnow.pull_request.handed.archive import refused

_MAX_BYTES = 1_000_000
# DVC writes a value a line. A parser of YAML takes hours for what is nested very deep.
_MAX_BRACKETS = 1_000
_DEEP = re.compile(rb"^ *(?:[-?:][ \t]+){8}|^ {100}", re.MULTILINE)


def require_plain(content: bytes) -> None:
    """Refuse YAML that means more than it says: few bytes with aliases can stand for billions."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.events import AliasEvent

    if len(content) > _MAX_BYTES or content.count(b"[") + content.count(b"{") > _MAX_BRACKETS:
        raise refused("its dvc.lock is larger than it may be")
    if _DEEP.search(content):
        raise refused("its dvc.lock is not what DVC writes")
    try:
        has_alias = any(isinstance(event, AliasEvent) for event in YAML(pure=True).parse(content.decode("utf-8")))
    except (YAMLError, UnicodeDecodeError, RecursionError):
        has_alias = True
    if has_alias:
        raise refused("its dvc.lock is not what DVC writes")
