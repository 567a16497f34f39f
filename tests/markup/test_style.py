import re

from winnow.markup.style import STYLE


def test_every_colour_is_named_for_light_and_for_dark() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    named = [set(re.findall(r"(--\w+):", part)) for part in (light, dark)]
    assert named[0] == named[1]
    used = set(re.findall(r"var\((--\w+)\)", STYLE)) - {"--share"}
    assert used <= named[0]


def test_braces_match() -> None:
    assert STYLE.count("{") == STYLE.count("}")
