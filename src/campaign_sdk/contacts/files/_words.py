"""How people and programs say yes and no, and whether somebody may be written to: data.

All are lower-case, without accents, with one blank for each run of blanks, `_` and `-`.
"""

# ruff: noqa: RUF001 - these are the words of other scripts, not look-alikes of ours

from __future__ import annotations

import re
import unicodedata

_RUN = re.compile(r"[\s_\-]+")


def plain_word(text: str) -> str:
    """Return a word as it stands in these lists."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in parts if not unicodedata.combining(char))
    return _RUN.sub(" ", text.strip().casefold()).strip() or text.strip()


def _words(*lines: str) -> frozenset[str]:
    return frozenset(plain_word(word) for line in lines for word in line.split())


YES = _words(
    "true t yes y 1 on x ok wahr ja j oui o vrai si s verdadero vero sim verdadeiro da tak",
    "ano igen evet kylla hai igaz prawda да так はい 是 有 예 نعم כן ναι ✓ ✔ ☑ checked",
)

# In a column of truths. What says that there is nothing is none.
FALSE = _words(
    "false f no n 0 off nein falsch non faux falso nao nej nei nie ne nem hayir ei ikke niet",
    "fals hamis falsz нет ні いいえ 否 無 아니요 لا לא όχι ✗ ✘ ☐ unchecked",
)

NO = FALSE | _words("none null nil [] {} - n/a na never")

# Of a subscription: who may be written to.
SUBSCRIBED = frozenset(
    {
        *("subscribed", "active", "enabled", "confirmed", "opted in", "opt in", "optin"),
        *("subscriber", "ok", "valid", "deliverable", "mailable", "sendable", "explicit"),
        *("implied", "express", "granted", "given", "allowed", "accepted", "verified", "engaged"),
        *("double opt in", "single opt in", "soft opt in", "consented", "consent given", "live"),
        *("abonniert", "angemeldet", "aktiv", "bestatigt", "eingewilligt", "abonne", "inscrit"),
        *("actif", "suscrito", "activo", "iscritto", "attivo", "ingeschreven", "actief"),
        *("inscrito", "ativo", "confirme", "confirmado", "confermato"),
    }
)

# Who may not, or not yet.
GONE = frozenset(
    {
        *("unsubscribed", "unsubscribe", "unsub", "opted out", "opt out", "optout", "optedout"),
        *("not subscribed", "never subscribed", "nonsubscribed", "non subscribed", "no consent"),
        *("blocklisted", "blacklisted", "blocked", "suppressed", "do not email", "do not contact"),
        *("cleaned", "bounced", "hard bounced", "hard bounce", "soft bounced", "soft bounce"),
        *("complained", "complaint", "spam", "junk", "marked as spam", "spam complaint"),
        *("cancelled", "canceled", "disabled", "inactive", "archived", "deleted", "removed"),
        *("unconfirmed", "pending", "pending confirmation", "awaiting confirmation", "withdrawn"),
        *("invalid", "undeliverable", "revoked", "denied", "declined", "refused", "rejected"),
        *("transactional", "non marketing", "on hold", "on hold bounce", "on hold opt out"),
        *("abgemeldet", "abbestellt", "gesperrt", "unbestatigt", "widerrufen", "inaktiv"),
        *("desinscrit", "desabonne", "desabonnee", "desinscrite", "desactive", "baja", "inactif"),
        *("dado de baja", "cancelado", "desuscrito", "inactivo", "disiscritto", "cancellato"),
        *("inattivo", "uitgeschreven", "afgemeld", "inactief", "descadastrado", "descadastrada"),
        *("inativo", "avregistrerad", "avmeldt", "afmeldt", "odhlasen", "wypisany"),
    }
)

# Nothing but consent is meant by these, whatever the column is called.
SURELY_GONE = frozenset(
    {
        *("unsubscribed", "unsub", "opted out", "optedout", "blocklisted", "blacklisted"),
        *("never subscribed", "not subscribed", "do not email", "suppressed", "unsubscribe"),
        *("abgemeldet", "abbestellt", "desinscrit", "desabonne", "dado de baja", "disiscritto"),
        *("uitgeschreven", "afgemeld", "descadastrado", "no consent", "nonsubscribed"),
    }
)

# In a column of states these are about mail; "cancelled" or "inactive" may be about anything.
MAILY = SURELY_GONE | {
    *("bounced", "hard bounced", "cleaned", "complained", "unconfirmed", "spam"),
    *("pending confirmation", "awaiting confirmation", "transactional", "opt out"),
}
