"""Summaries in French."""

from __future__ import annotations

from campaign_sdk.reports.words._language import Language

_NARROW = "\u202f"

FRENCH = Language(
    code="fr",
    name="French",
    thousands=_NARROW,
    decimal=",",
    percent=f"{_NARROW}%",
    points=f"{_NARROW}points",
    one="0-1",
    sentences={
        "impressions": ("Le message a été vu {figure} fois.",) * 2,
        "reach": ("Il a atteint {figure} personne.", "Il a atteint {figure} personnes."),
        "clicks": ("Il a reçu {figure} clic.", "Il a reçu {figure} clics."),
        "human_clicks": (
            "De ces clics, {figure} vient d'une personne.",
            "De ces clics, {figure} viennent de personnes.",
        ),
        "ctr": ("Le taux de clics est de {figure}.",) * 2,
        "conversions": ("Il y a eu {figure} conversion.", "Il y a eu {figure} conversions."),
        "cvr": ("Le taux de conversion est de {figure}.",) * 2,
        "value": ("La valeur des conversions est de {figure}.",) * 2,
        "unsubscribed": (
            "Il y a eu {figure} désinscription.",
            "Il y a eu {figure} désinscriptions.",
        ),
        "complained": (
            "Il y a eu {figure} plainte pour spam.",
            "Il y a eu {figure} plaintes pour spam.",
        ),
        "bounced": ("Il y a eu {figure} rejet.", "Il y a eu {figure} rejets."),
        "group": ("Dans le groupe {label}, {figure} {verb} {interval}, {compared}.",) * 2,
        "variant": ("De ceux qui ont reçu la variante {label}, {figure} {verb} {interval}.",) * 2,
    },
    verbs={
        "open_rate": "ont ouvert",
        "click_rate": "ont cliqué",
        "conversion_rate": "ont converti",
        "unsubscribe_rate": "se sont désinscrits",
    },
    fixed={
        "unseen": "On ne sait pas, à ce jour, si quelqu'un a vu le message.",
        "unclicked_rate": "Il n'y a pas de taux de clics, faute d'affichages.",
        "unconverted_rate": "Il n'y a pas de taux de conversion, faute de clics.",
        "odd": "Certains de ces chiffres se contredisent : voir les avertissements.",
        "interval": "({low} à {high})",
        "higher": "plus que parmi tous les autres",
        "lower": "moins que parmi tous les autres",
        "inconclusive": "et la différence avec tous les autres n'est pas concluante",
        "alone": "et il n'y a personne d'autre pour comparer",
        "no_group": "Aucun groupe par {field} n'est assez grand pour être cité seul.",
        "no_rate": "Pour le groupe {label}, il n'y a pas encore de taux.",
        "ahead": "La variante {label} devance toutes les autres.",
        "none_ahead": "Aucune variante ne devance toutes les autres : ce n'est pas concluant.",
        "lift_higher": (
            "Avec la campagne, plus de personnes ont converti que sans elle : {lift} "
            "({low} à {high})."
        ),
        "lift_lower": (
            "Avec la campagne, moins de personnes ont converti que sans elle : {lift} "
            "({low} à {high})."
        ),
        "lift_inconclusive": (
            "Que la campagne ait changé les conversions n'est pas concluant : {lift} "
            "({low} à {high})."
        ),
        "value_label": "{field} « {text} »",
        "range": "{field} de {above} à moins de {below}",
        "below": "{field} de moins de {below}",
        "above": "{field} de {above} ou plus",
        "missing": "sans {field}",
        "no_number": "{field} sans nombre",
        "gone": "contacts supprimés",
    },
    words={
        "impressions": "vu vue vues affichage affichages affiché impression impressions",
        "reach": "atteint touché personne personnes contact contacts",
        "clicks": "clic clics cliqué",
        "human_clicks": "clic clics personne personnes humain humains",
        "ctr": "taux clic clics",
        "conversions": "conversion conversions",
        "cvr": "taux conversion",
        "value": "conversion conversions valeur",
        "unsubscribed": "désinscription désinscriptions",
        "complained": "plainte plaintes spam",
        "bounced": "rejet rejets",
        "group": "groupe personnes",
        "variant": "variante personnes",
    },
    neutral=(
        "le la les l un une des du de d ce c cet cette ces cela il elle ils elles lui leur "
        "leurs son sa ses qui que qu dont où y en on se s ceux celles "
        "a ont est sont était étaient été eu avait avaient fut furent être avoir "
        "dans à au aux pour avec sur et ainsi aussi donc "
        "campagne message chiffre chiffres résultat résultats rapport données bilan résumé "
        "fois total ensemble enregistré enregistrés enregistrées compté comptés mesuré mesurés "
        "montre montrent vient viennent reçu reçus obtenu obtenus donne donné compte correspond "
        "signifie soit suivi suivis envoi envoyé"
    ),
    small=(
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize dix-sept dix-huit dix-neuf vingt"
    ),
    percents="pourcent",
)
