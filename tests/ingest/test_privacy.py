from collections.abc import Callable

import pytest

from winnow.data.labels import Labels
from winnow.errors import ConfigError, InputError, UsageError
from winnow.ingest.config import AddConfig
from winnow.ingest.metadata import StrippedSource
from winnow.ingest.privacy import Withheld, conceal, open_private, own_pseudonyms, told
from winnow.ingest.pseudonyms import KEY_VARIABLE, Pseudonyms
from winnow.ingest.source_item import Source
from winnow.project import Project

KEY = "0123456789abcdef" * 4
PSEUDONYMS = Pseudonyms(KEY.encode())
PRIVATE = Withheld(pseudonymous=True, strip_metadata=True)

MakeSource = Callable[..., Source]


def rows(group: str, further: tuple[str, ...] = ()) -> Labels:
    return Labels.from_rows([("0" * 20, "cat", f"{group}.png", group, "", *["x" for _ in further])], further)


def test_a_flag_adds_to_the_parameters_and_takes_nothing_away(config: AddConfig) -> None:
    assert Withheld().joined(config) == config
    assert Withheld(pseudonymous=True).joined(config).pseudonymous
    assert not Withheld(pseudonymous=True).joined(config).strip_metadata
    private = PRIVATE.joined(config)
    assert (private.pseudonymous, private.strip_metadata) == (True, True)
    assert Withheld().joined(private) == private


def test_images_are_to_be_stripped_where_the_parameters_say_so(
    project: Project, config: AddConfig, list_source: MakeSource
) -> None:
    source = list_source({"a": (1, "cat")})
    assert open_private(project, lambda: source, config) is source
    assert isinstance(open_private(project, lambda: source, PRIVATE.joined(config)), StrippedSource)


@pytest.mark.parametrize("kind", [InputError, UsageError])
def test_why_a_source_is_refused_is_kept_on_this_machine(project: Project, config: AddConfig, kind: type) -> None:
    def refuse() -> Source:
        raise kind("line 3: 'Jane Planted.png' is listed twice", hint="keep one")

    with pytest.raises(kind, match="listed twice"):
        open_private(project, refuse, config)
    with pytest.raises(kind, match="not printed") as caught:
        open_private(project, refuse, PRIVATE.joined(config))
    assert "Jane" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert str(project.source_error) in caught.value.hint
    assert "Jane" in project.source_error.read_text(encoding="utf-8")


def test_the_key_is_asked_for_before_anything_is_read(
    project: Project, config: AddConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert own_pseudonyms(project, Labels.empty(), config) is None
    with pytest.raises(ConfigError, match=KEY_VARIABLE):
        own_pseudonyms(project, Labels.empty(), PRIVATE.joined(config))
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with pytest.raises(UsageError, match="another split"):
        own_pseudonyms(project, Pseudonyms(b"x" * 32).applied(rows("Jane")), PRIVATE.joined(config))


def test_rows_enter_as_pseudonyms_or_as_they_are() -> None:
    assert conceal(rows("Jane"), Labels.empty(), None).column("group") == ["Jane"]
    concealed = conceal(rows("Jane"), rows("Ann"), PSEUDONYMS)
    assert (concealed.column("group"), concealed.column("name")) == ([PSEUDONYMS.of("Jane")], [""])
    with pytest.raises(UsageError, match="in clear"):
        conceal(rows("Jane"), rows("Jane"), PSEUDONYMS)
    with pytest.raises(UsageError, match="--pseudonymous"):
        conceal(rows("Jane"), PSEUDONYMS.applied(rows("Ann")), None)


def test_what_was_kept_is_told_without_naming_anybody(config: AddConfig) -> None:
    new, old = rows("Jane", ("site", "age")), rows("Ann")
    assert told(new, old, config) == []
    first, kept, earlier = told(new, old, PRIVATE.joined(config))
    assert "pseudonyms" in first
    assert kept.endswith("`site`, `age`")
    assert earlier == "from earlier, data/labels.csv has 1 names and 1 groups in clear"
    assert len(told(rows("Jane"), PSEUDONYMS.applied(old), PRIVATE.joined(config))) == 1
