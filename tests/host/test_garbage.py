"""While a long list is read nothing is looked through for garbage; afterwards that list is not."""

import gc
import threading
from collections.abc import Iterator

import pytest

from host import garbage


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    assert gc.isenabled()


def test_very_many_objects_are_set_aside_and_freed_as_ever() -> None:
    before = gc.get_freeze_count()
    with garbage.uncollected():
        rows = [[number] for number in range(2 * garbage.MANY)]
        assert not gc.isenabled()
    aside = gc.get_freeze_count()
    assert aside >= before + len(rows)
    del rows
    assert gc.get_freeze_count() <= aside - 2 * garbage.MANY
    garbage.take_back()
    assert gc.get_freeze_count() == 0


def test_a_short_list_sets_nothing_aside() -> None:
    gc.collect()
    before = gc.get_freeze_count()
    with garbage.uncollected():
        rows = [[number] for number in range(100)]
    assert gc.get_freeze_count() == before
    assert len(rows) == 100


def test_the_last_thread_that_reads_lets_the_collector_go_on() -> None:
    inside, end = threading.Event(), threading.Event()

    def read() -> None:
        with garbage.uncollected():
            inside.set()
            end.wait(10)

    thread = threading.Thread(target=read)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(KeyError), garbage.uncollected():
        raise KeyError
    assert not gc.isenabled()
    end.set()
    thread.join()
    assert gc.isenabled()
