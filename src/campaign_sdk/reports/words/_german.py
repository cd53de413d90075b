"""Summaries in German."""

from __future__ import annotations

from campaign_sdk.reports.words._language import Language

_NO_BREAK = "\u00a0"

GERMAN = Language(
    code="de",
    name="German",
    thousands=".",
    decimal=",",
    percent=f"{_NO_BREAK}%",
    points=f"{_NO_BREAK}Prozentpunkte",
    one="1",
    sentences={
        "impressions": ("Die Nachricht wurde {figure} Mal gesehen.",) * 2,
        "reach": ("Sie erreichte {figure} Person.", "Sie erreichte {figure} Personen."),
        "clicks": ("Sie wurde {figure} Mal angeklickt.",) * 2,
        "human_clicks": (
            "Von diesen Klicks kam {figure} von einem Menschen.",
            "Von diesen Klicks kamen {figure} von Menschen.",
        ),
        "ctr": ("Die Klickrate beträgt {figure}.",) * 2,
        "conversions": ("Es gab {figure} Konversion.", "Es gab {figure} Konversionen."),
        "cvr": ("Die Konversionsrate beträgt {figure}.",) * 2,
        "value": ("Der Wert der Konversionen beträgt {figure}.",) * 2,
        "unsubscribed": ("Es gab {figure} Abmeldung.", "Es gab {figure} Abmeldungen."),
        "complained": ("Es gab {figure} Spam-Beschwerde.", "Es gab {figure} Spam-Beschwerden."),
        "bounced": ("Es gab {figure} Rückläufer.",) * 2,
        "group": ("In der Gruppe {label} haben {figure} {verb} {interval}, {compared}.",) * 2,
        "variant": ("Von denen, die Variante {label} bekamen, haben {figure} {verb} {interval}.",)
        * 2,
    },
    verbs={
        "open_rate": "geöffnet",
        "click_rate": "geklickt",
        "conversion_rate": "konvertiert",
        "unsubscribe_rate": "sich abgemeldet",
    },
    fixed={
        "unseen": "Dass jemand die Nachricht gesehen hat, ist bisher nicht bekannt.",
        "unclicked_rate": "Eine Klickrate gibt es nicht, denn es gibt keine Ansichten.",
        "unconverted_rate": "Eine Konversionsrate gibt es nicht, denn es gibt keine Klicks.",
        "odd": "Einige dieser Zahlen widersprechen einander: siehe die Warnungen.",
        "interval": "({low} bis {high})",
        "higher": "mehr als unter allen anderen",
        "lower": "weniger als unter allen anderen",
        "inconclusive": "und der Unterschied zu allen anderen ist nicht eindeutig",
        "alone": "und es gibt keine anderen zum Vergleich",
        "no_group": "Keine Gruppe nach {field} ist groß genug, um für sich zu stehen.",
        "no_rate": "Für die Gruppe {label} gibt es noch keine Rate.",
        "ahead": "Variante {label} liegt vor allen anderen.",
        "none_ahead": "Keine Variante liegt vor allen anderen: Das ist nicht eindeutig.",
        "lift_higher": (
            "Mit der Kampagne konvertierten mehr Menschen als ohne sie: {lift} ({low} bis {high})."
        ),
        "lift_lower": (
            "Mit der Kampagne konvertierten weniger Menschen als ohne sie: {lift} "
            "({low} bis {high})."
        ),
        "lift_inconclusive": (
            "Ob die Kampagne an den Konversionen etwas geändert hat, ist nicht eindeutig: {lift} "
            "({low} bis {high})."
        ),
        "value_label": "{field} „{text}“",
        "range": "{field} von {above} bis unter {below}",
        "below": "{field} unter {below}",
        "above": "{field} ab {above}",
        "missing": "ohne {field}",
        "no_number": "{field} ohne Zahl",
        "gone": "gelöschte Kontakte",
    },
    words={
        "impressions": "gesehen ansicht ansichten angesehen impressionen impression",
        "reach": "erreichte erreicht reichweite person personen menschen kontakte kontakt",
        "clicks": "angeklickt geklickt klick klicks klickte klickten",
        "human_clicks": "klick klicks menschen mensch personen person",
        "ctr": "klickrate",
        "conversions": "konversion konversionen konvertiert",
        "cvr": "konversionsrate",
        "value": "konversion konversionen wert",
        "unsubscribed": "abmeldung abmeldungen abgemeldet",
        "complained": "spam-beschwerde spam-beschwerden beschwerde beschwerden",
        "bounced": "rückläufer",
        "group": "gruppe menschen",
        "variant": "variante menschen",
    },
    neutral=(
        "der die das den dem des dies diese dieser diesem diesen dieses es er sie ihr ihre ihrer "
        "ihren ihnen ihm ihn denen deren dessen da hier dort welche welcher wobei dabei "
        "dazu damit daraus daran "
        "war waren wurde wurden ist sind sei worden geworden hat haben hatte hatten gab gibt "
        "in im an am auf zu zum zur für mit als und sowie auch so nach aus "
        "kampagne nachricht zahl zahlen ergebnis ergebnisse bericht daten zusammenfassung "
        "mal insgesamt gesamt zusammen zählt zählte gezählt gemessen erfasst verzeichnet "
        "registriert zeigt zeigte zeigen kam kamen kommt bekam bekamen bekommen erhielt erhielten "
        "erhalten erzielte ergab ergaben ergibt lag lagen liegt beträgt betrug betragen entspricht "
        "entsprach bedeutet nämlich sich ab folgten folgte versand versendet gesendet"
    ),
    small=(
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
        "fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig"
    ),
    percents="prozent",
)
