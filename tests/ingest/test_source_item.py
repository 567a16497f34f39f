import pickle

from winnow.ingest.source_item import SourceItem


def test_an_item_reaches_a_worker_unchanged() -> None:
    item = SourceItem(name="a", label=None, path="/data/\udcff\n.png", num_bytes=3, further=("x", ""))
    assert pickle.loads(pickle.dumps(item)) == item
