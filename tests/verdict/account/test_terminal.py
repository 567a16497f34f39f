from sample_verdicts import better, metrics_only

from winnow.verdict.account.terminal import to_lines


def test_a_terminal_shows_what_the_comment_shows_unfolded() -> None:
    lines = to_lines(better())
    assert lines[0].startswith("better: accuracy 0.912 -> 0.931")
    titles = [line.split(":")[0] for line in lines if line and not line.startswith(" ")]
    assert titles == ["better", "Gates", "Metrics", "Both models on the same images", "Classes", "Subgroups"]
    assert all(line.isprintable() for line in lines)
    assert not any(symbol in line for line in lines for symbol in "✅▇▲")


def test_what_is_left_out_is_told() -> None:
    assert "  learning curves: the remote cannot be read" in to_lines(metrics_only())
