"""What the first start puts on a disk, and what it leaves out."""

from __future__ import annotations

from pathlib import Path

from campaign_sdk.local import LocalSupabase, _node


def test_the_stack_is_installed_without_what_it_never_loads(stack: LocalSupabase) -> None:
    """`stack` runs on it; whatever that needs is there."""
    assert stack.url
    modules = _node._modules() / "node_modules"
    left = [path for pattern in _node.LEFT_OUT_FILES for path in modules.rglob(pattern)]
    assert not left
    # A link to what is gone can't be copied.
    assert all(path.exists() for path in modules.rglob("*"))
    assert not [name for name in _node.LEFT_OUT if (modules / name).exists()]
    files = [path for path in modules.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < 40_000_000


def test_only_what_is_named_is_left_out(tmp_path: Path) -> None:
    kept = ["lite/index.js", "@supabase/lite/a.mjs", "typescript-not/index.js"]
    gone = [
        ".bin/tsc",
        "typescript/lib.js",
        "@sentry/node/index.js",
        "lite/index.js.map",
        "lite/a.d.ts",
    ]
    for name in [*kept, *gone]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    _node._lighten(tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == set(kept)
