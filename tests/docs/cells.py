"""Run the cells of a notebook one after the other, as a kernel does: `python cells.py FILE`.

A kernel would bring twenty packages and seconds to start. What a cell ends with is shown by
its richest form, as a notebook shows it.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any


def main(path: Path) -> None:
    sys.path.insert(0, str(path.parent))
    known: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources(path)):
        *body, last = ast.parse(source).body
        if not isinstance(last, ast.Expr):
            body.append(last)
        exec(compile(ast.Module(body, []), f"<cell {number}>", "exec"), known)
        if isinstance(last, ast.Expr):
            show(eval(compile(ast.Expression(last.value), f"<cell {number}>", "eval"), known))


def sources(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def show(value: Any) -> None:
    if hasattr(value, "_repr_mimebundle_"):
        for kind, content in value._repr_mimebundle_().items():
            sys.stdout.write(f"{kind} {str(content)[:60]}\n")
    elif hasattr(value, "_repr_html_"):
        sys.stdout.write(f"text/html {value._repr_html_()}\n")
    elif value is not None:
        sys.stdout.write(f"{value!r}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
