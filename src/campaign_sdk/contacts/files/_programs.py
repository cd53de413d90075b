"""What is known of the files that other programs write: data.

Headers stand here as `plain` returns them: lower-case letters and digits only. Taken from
the programs' own exports and documentation, 2026; languages other than English are met by
the general lists.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field


def plain(header: str) -> str:
    """Return a header as it stands in these lists."""
    parts = unicodedata.normalize("NFKD", header.casefold())
    return "".join(char for char in parts if char.isalnum())


@dataclass(frozen=True)
class Program:
    """A program whose export is known.

    Attributes:
        title: its name, for people.
        marks: sets of headers; a file that has all of one of them is the program's.
        email: headers of the address, besides the well-known ones.
        phone: headers of the phone number.
        text: headers of what has digits and is no number.
        consent: headers that say who may not be written to, besides the well-known ones.
        attributes: the header of a JSON object that holds the attributes.
    """

    title: str
    marks: tuple[frozenset[str], ...]
    email: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    text: frozenset[str] = frozenset()
    consent: dict[str, str] = field(default_factory=dict)
    attributes: str | None = None


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(headers.split()) for headers in sets)


PROGRAMS: dict[str, Program] = {
    "mailchimp": Program(
        "Mailchimp",
        _marks("emailaddress leid euid", "emailaddress memberrating", "emailaddress optintime"),
        email=("emailaddress",),
        phone=("phonenumber", "phone"),
        text=frozenset({"leid", "euid", "zip", "zipcode", "postalcode"}),
        consent={"unsubtime": "no", "cleantime": "no"},
    ),
    "brevo": Program(
        "Brevo",
        _marks("email emailblacklisted", "email addedtime modifiedtime"),
        phone=("sms",),
        text=frozenset({"contactid", "whatsapp", "landlinenumber"}),
        consent={"emailblacklisted": "no"},
    ),
    "hubspot": Program(
        "HubSpot",
        _marks(
            *("recordid email", "recordidcontact email", "contactid lifecyclestage email"),
            *("unsubscribedfromallemail email", "portalunsubscribe portalbounce"),
        ),
        phone=("phonenumber", "mobilephonenumber"),
        text=frozenset({"recordid", "recordidcontact", "postalcode", "mobilephonenumber"}),
        consent={
            "emailhardbouncereason": "no",
            "portalunsubscribe": "no",
            "portalbounce": "no",
            "portalspamreport": "no",
            "globalbounce": "no",
        },
    ),
    "shopify": Program(
        "Shopify",
        _marks("acceptsemailmarketing email", "acceptsmarketing email totalspent"),
        phone=("phone", "defaultaddressphone"),
        text=frozenset({"customerid", "defaultaddresszip", "zip", "defaultaddressphone"}),
        consent={"acceptsemailmarketing": "yes", "acceptsmarketing": "yes"},
    ),
    "klaviyo": Program(
        "Klaviyo",
        _marks("klaviyoid email", "emailmarketingconsent email", "emailsuppressions email"),
        phone=("phonenumber", "phone"),
        text=frozenset({"klaviyoid", "externalid", "zipcode", "zip", "postalcode"}),
        consent={
            "emailmarketingconsent": "yes",
            "emailsubscriptionstatus": "status",
            "emailsuppressions": "no",
            "emailsuppressionstimestamp": "no",
        },
    ),
    "salesforce": Program(
        "Salesforce",
        _marks(
            *("emailoptout accountname email", "hasoptedoutofemail email", "emailoptout leadid"),
            *("emailoptout contactid email", "emailoptout leadstatus email"),
        ),
        phone=("phone", "mobilephone", "mobile"),
        text=frozenset({"mailingpostalcode", "mailingzippostalcode", "postalcode", "mobile"}),
        consent={
            "emailbouncedreason": "no",
            "emailbounceddate": "no",
            "isemailbounced": "no",
        },
    ),
    "activecampaign": Program(
        "ActiveCampaign",
        _marks("contactid email status", "email status lists", "email subscriberid status"),
        phone=("phone", "phonenumber"),
        text=frozenset({"contactid", "subscriberid"}),
        consent={"status": "status", "contactstatus": "status", "liststatus": "status"},
    ),
    "odoo": Program(
        "Odoo",
        _marks("email isblacklisted", "email optout", "email blacklist", "email mailinglists"),
        phone=("phone", "mobile"),
        consent={"optout": "no", "isblacklisted": "no", "blacklist": "no", "blacklisted": "no"},
    ),
    "listmonk": Program(
        "listmonk",
        _marks("uuid email attributes status", "email name attributes status"),
        consent={"status": "status", "subscriptionstatus": "status"},
        attributes="attributes",
    ),
    "google": Program(
        "Google Contacts",
        _marks("email1value"),
        email=("email1value", "email2value"),
        phone=("phone1value",),
    ),
    "kit": Program(
        "Kit",
        _marks(
            *("email firstname status createdat", "email firstname state createdat"),
            *("emailaddress firstname state createdat", "emailaddress firstname status createdat"),
        ),
        email=("emailaddress",),
        consent={"status": "status", "state": "status", "subscriberstate": "status"},
    ),
    "mailerlite": Program(
        "MailerLite",
        _marks("subscriber sent opens clicks", "subscriber subscribed", "subscriber status"),
        email=("subscriber",),
        phone=("phone",),
        consent={"status": "status", "unsubscribed": "no"},
    ),
}

# Of several that are there, the first counts.
ADDRESSES: Sequence[str] = (
    *("email", "emailaddress", "mail", "emailadress", "mailaddress", "contactemail"),
    *("customeremail", "primaryemail", "subscriberemail", "useremail", "workemail"),
    *("email1value", "email1", "emailaddress1", "personalemail", "emails", "emailid"),
    *("emailadresse", "mailadresse", "adresseemail", "courriel", "adressemail"),
    *("adresseelectronique", "correo", "correoelectronico", "direcciondecorreo"),
    *("direcciondecorreoelectronico", "indirizzoemail", "postaelettronica", "emailadres"),
    *("enderecodeemail", "epost", "epostadress", "eposta", "sahkoposti", "adresemail"),
    *("emailova", "メールアドレス", "eメール", "邮箱", "电子邮箱", "электроннаяпочта", "почта"),
)

# Spoken of as phone numbers; as numbers they are of no use.
PHONES = frozenset(
    {
        *("phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "mobilephonenumber"),
        *("tel", "telephone", "cell", "cellphone", "fax", "sms", "whatsapp", "gsm", "handy"),
        *("telefon", "telefonnummer", "mobil", "mobiltelefon", "festnetz", "portable"),
        *("telephoneportable", "telefono", "movil", "celular", "telefone", "telefoon"),
    }
)
