from winnow.reporting.page import render_page


def test_a_page_loads_nothing_and_escapes_its_title_and_note() -> None:
    page = render_page("<b>cats</b>", "<h2>body</h2>", style="h2 { color: red; }", note="a < b")
    assert "<title>&lt;b&gt;cats&lt;/b&gt;</title>" in page
    assert "<h1>&lt;b&gt;cats&lt;/b&gt;</h1>" in page
    assert "a &lt; b</p>\n<h2>body</h2>" in page
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
