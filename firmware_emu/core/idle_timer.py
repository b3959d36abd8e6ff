"""How long nobody has pressed a key: after a while the device locks, and a prompt ends.

Only keys count. A host that keeps on asking must not keep the device open (threat T103).
"""

from dataclasses import dataclass

from firmware_emu.events import Event, KeyPressed, Typed

PROMPT_S = 600.0  # a person who reads turns pages meanwhile


@dataclass(slots=True)
class IdleTimer:
    """Seconds since the last key, and since then or since the present prompt came up."""

    idle_s: float = 0.0
    prompt_s: float = 0.0

    def see(self, event: Event) -> None:
        """Begin anew where somebody is at the keys."""
        if isinstance(event, KeyPressed | Typed):
            self.restart()

    def restart(self) -> None:
        """Count from now on."""
        self.idle_s = self.prompt_s = 0.0

    def prompt(self) -> None:
        """A host's request came up on the screen: a person gets its whole time to come and read."""
        self.prompt_s = 0.0

    def tick(self, seconds: float) -> None:
        """Time went by."""
        self.idle_s += seconds
        self.prompt_s += seconds

    def is_idle(self, minutes: int) -> bool:
        """Whether nobody was at the keys for so long; 0 minutes are for ever."""
        return bool(minutes) and self.idle_s >= minutes * 60

    @property
    def is_unanswered(self) -> bool:
        """Whether the prompt has waited long enough."""
        return self.prompt_s >= PROMPT_S
