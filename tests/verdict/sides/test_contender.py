from predicted import UNKNOWN, contender, dealt, predict, together


def test_the_labels_and_the_predictions_tell_what_was_trained_on() -> None:
    stored = together(predict({"a": "cat"}, split="train"), predict({"b": "cat"}))
    side = contender(stored, rows=dealt(train=["a", "c"], test=["b"]))
    assert sorted(side.ids_of("train").to_pylist()) == ["a", "c"]
    assert side.ids_of("test").to_pylist() == ["b"]


def test_without_either_nothing_is_known() -> None:
    side = contender(UNKNOWN, "v1")
    assert side.ids_of("train").to_pylist() == []
    assert side.name == "v1"
