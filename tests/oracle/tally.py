"""What was compared, with whom, and what came of it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that a peer says too. `form` is the row it counts in; `case` finds it again."""

    form: str
    ours: object
    ask: Callable[[], object] = field(repr=False)
    case: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """What this peer cannot say, and why."""

    form: str
    why: str


@dataclass(frozen=True, slots=True)
class Known(Question):
    """A question that this peer answers in another way, and why we stay with ours."""

    why: str


@dataclass
class Tally:
    """The counts of one subject and one peer."""

    subject: str
    peer: str
    same: Counter[str] = field(default_factory=Counter)
    known: Counter[tuple[str, str]] = field(default_factory=Counter)
    unasked: Counter[tuple[str, str]] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    @property
    def compared(self) -> int:
        return self.same.total() + self.known.total() + len(self.differences)

    def take(self, questions: Iterable[Question | Unasked]) -> None:
        for question in questions:
            match question:
                case Unasked(form, why):
                    self.unasked[form, why] += 1
                case Question():
                    self._ask(question)

    def _ask(self, question: Question) -> None:
        try:
            theirs = question.ask()
        except Exception as error:
            error.add_note(f"{self.peer}, {question.form}, {question.case}")
            raise
        match question:
            case Known(form=form, why=why) if theirs != question.ours:
                self.known[form, why] += 1
            case Known(why=why):
                self._differ(question, f"what was known is no longer so: {why}")
            case Question(form=form) if theirs == question.ours:
                self.same[form] += 1
            case _:
                self._differ(question, f"ours {_text(question.ours)}, theirs {_text(theirs)}")

    def _differ(self, question: Question, what: str) -> None:
        self.differences.append(f"{self.peer}, {question.form}, {question.case}: {what}")

    def rows(self) -> list[str]:
        """The counts as lines to read."""
        lines = [f"{self.subject} by {self.peer}: {self.compared} compared"]
        lines += [f"  {count:>6}  {form}" for form, count in sorted(self.same.items())]
        for what, table in (("differ", self.known), ("not compared", self.unasked)):
            lines += [
                f"  {count:>6}  {form}: {what}: {why}"
                for (form, why), count in sorted(table.items())
            ]
        return lines + [f"  DIFFERENT  {line}" for line in self.differences]


def said(answer: object) -> Callable[[], object]:
    """To ask for an answer that is there already."""
    return lambda: answer


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
