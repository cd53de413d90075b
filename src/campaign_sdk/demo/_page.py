"""How the demo looks: chapters, what happens and why, and code."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.text import Text

WIDEST = 100


class Page:
    """Where the demo writes: a column of text that is never too wide to read."""

    def __init__(self, console: Console) -> None:
        self.console = console
        console.width = min(console.width, WIDEST)
        self._chapter = 0

    def chapter(self, title: str, why: str) -> None:
        """Begin a chapter: what comes, and why it is like that."""
        self._chapter += 1
        self.console.print()
        head = Text(f"{self._chapter:>2}  {title}. ", style="bold magenta")
        self.console.print(head.append(why, style="dim not bold"))

    def say(self, text: str) -> None:
        """Print a sentence of ours, with markup."""
        self.show(Text.from_markup(text))

    def show(self, thing: RenderableType) -> None:
        """Print a thing below the sentences."""
        self.console.print(Padding(thing, (0, 0, 0, 4)))

    def gap(self) -> None:
        """Leave a line empty."""
        self.console.print()

    def code(self, text: str) -> None:
        """Print Python as one would write it."""
        syntax = Syntax(text, "python", theme="ansi_dark", background_color="default")
        self.show(syntax)

    def command(self, text: str) -> None:
        """Print a line for a shell, whole however long it is."""
        self.console.print(Text(f"  {text}", style="cyan"), soft_wrap=True)

    def waiting(self, text: str) -> AbstractContextManager[Any]:
        """Show that something takes a moment, where somebody watches."""
        return self.console.status(text)

    def progress(self) -> Progress:
        """Return a progress bar, where somebody watches; a pipe sees nothing of it."""
        return Progress(
            TextColumn("    {task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
