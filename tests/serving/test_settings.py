from winnow.serving.settings import Access, Settings


def test_without_keys_everybody_may_ask_and_nobody_may_administer() -> None:
    assert Access().is_user("")
    assert not Access().is_admin("")


def test_with_keys_each_of_them_may_ask_and_nothing_else() -> None:
    access = Access(api_keys=("first", "second"), admin_token="boss")
    assert [access.is_user(key) for key in ("first", "second", "", "firs", "boss", "é")] == [True, True] + [False] * 4
    assert [access.is_admin(key) for key in ("boss", "first", "")] == [True, False, False]


def test_keys_are_not_printed() -> None:
    shown = repr(Settings(access=Access(api_keys=("hidden-1",), admin_token="hidden-2")))
    assert "hidden" not in shown
