"""What ? says: the keys of the moment first, then what the words mean."""

from tests.host.test_tui_records import at_the, funded


async def test_help_begins_where_the_person_is_and_explains_the_words() -> None:
    async with at_the(funded(), (120, 40)) as person:
        shown = await person.does("h", "question_mark")
        assert shown.index("In the history") < shown.index("Everywhere")
        read = shown + await person.does(*("down",) * 10)
        read += await person.does(*("down",) * 14)
        for word in ("Words", "Change", "Fee", "Peers"):
            assert f" {word} " in read[read.index("What the words mean") :]
        assert "Nodes of others, which hand blocks to you" in read
        assert "In the history" not in await person.does("escape", "w")
