"""Files as other programs write them, with people who have opted out there."""

from __future__ import annotations

from typing import NamedTuple


class Export(NamedTuple):
    """A file, and what is right about it.

    Attributes:
        program: as it is recognised.
        text: of the file.
        people: the addresses in it.
        gone: those who may not be written to.
        phone: the first person's.
        attributes: some of the first person's.
    """

    program: str | None
    text: str
    people: str
    gone: str
    phone: str | None = None
    attributes: dict[str, object] | None = None


ANN, BOB, CY, DEE, EVE = (f"{name}@example.com" for name in ("ann", "bob", "cy", "dee", "eve"))

EXPORTS: dict[str, Export] = {
    "mailchimp subscribed": Export(
        "mailchimp",
        '"Email Address","First Name",Address,"Phone Number",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,'
        "LATITUDE,TIMEZONE,LEID,EUID,NOTES,TAGS\r\n"
        'ann@example.com,Ann,"1 Elm St  Springfield","(555) 010-0001",4,,"2026-04-09 08:20:33",'
        '42.36,America/New_York,70000011,aa11,,"""Gold"",""Shop"""\r\n',
        "ann",
        "",
        "(555) 010-0001",
        {"LEID": "70000011", "TAGS": '"Gold","Shop"', "MEMBER_RATING": 4, "LATITUDE": 42.36},
    ),
    "mailchimp unsubscribed": Export(
        "mailchimp",
        '"Email Address",Name,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,'
        "UNSUB_REASON_OTHER,UNSUB_CAMPAIGN_ID,UNSUB_REASON,MEMBER_RATING,OPTIN_TIME,LEID,EUID\r\n"
        'cy@example.com,Cy,"2026-03-04 05:06:07","March news",abc,NORMAL,,abc,NORMAL,1,,7,8\r\n',
        "cy",
        "cy",
        None,
        {"UNSUB_REASON": "NORMAL", "UNSUB_REASON (2)": "NORMAL"},
    ),
    "mailchimp cleaned": Export(
        "mailchimp",
        '"Email Address",Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,GMTOFF,CLEAN_TIME,'
        "CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS\r\n"
        'cy@example.com,Cy,1,"2024-03-01 09:00:00",192.0.2.30,,1,"2024-03-04 10:00:00",'
        "News,c,7,8,,\r\n",
        "cy",
        "cy",
    ),
    "brevo": Export(
        "brevo",
        "CONTACT ID;EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME\r\n"
        "1;ann@example.com;Lee;Zoë;33639980001;No;Yes;21-02-2026 16:05\r\n"
        "2;cy@example.com;Ng;Cy;33639980002;Yes;No;21-02-2023 16:05\r\n"
        "3;dee@example.com;Om;Dee;;Oui;No;21-02-2023 16:05\r\n",
        "ann cy dee",
        "cy dee",
        "33639980001",
        {"CONTACT ID": "1", "SMS_BLACKLISTED": "Yes", "FIRSTNAME": "Zoë"},
    ),
    "hubspot": Export(
        "hubspot",
        '"Record ID","First Name","Email","Phone Number","Marketing contact status",'
        '"Unsubscribed from all email","Opted out of email: Newsletter","Marketing emails bounced",'
        '"Email hard bounce reason","Lifetime value"\r\n'
        '"101234567890","Ann","ann@example.com","+1 555 010 0001","Marketing contact","","","0","",'
        '"1234.5"\r\n'
        '"101234567891","Cy","cy@example.com","","Non-marketing contact","true","","0","",""\r\n'
        '"101234567892","Dee","dee@example.com","","Marketing contact","false","true","0","",""\r\n'
        '"101234567893","Eve","eve@example.com","","Marketing contact","","","1",'
        '"Unknown user",""\r\n',
        "ann cy dee eve",
        "cy dee eve",
        "+1 555 010 0001",
        {"Record ID": "101234567890", "Lifetime value": 1234.5, "Marketing emails bounced": 0},
    ),
    "hubspot unsubscribes and bounces": Export(
        "hubspot",
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce\n"
        "cy@example.com,,TRUE,,\ndee@example.com,TRUE,,,\neve@example.com,,,TRUE,\n",
        "cy dee eve",
        "cy dee eve",
    ),
    "shopify": Export(
        "shopify",
        "Customer ID,First Name,Email,Accepts Email Marketing,Default Address Zip,"
        "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,"
        "Birth date (customer.metafields.facts.birth_date)\r\n"
        "'8800000000117,Ann,ann@example.com,yes,'02134,'+15550100001,'+15550100001,no,412.30,6,"
        '"gold, garden",1990-05-17\r\n'
        "'8800000000124,Cy,cy@example.com,no,'1234AB,,,yes,0.00,0,,\r\n",
        "ann cy",
        "cy",
        "+15550100001",
        {
            "Customer ID": "8800000000117",
            "Default Address Zip": "02134",
            "Total Spent": 412.3,
            "Birth date (customer.metafields.facts.birth_date)": "1990-05-17",
        },
    ),
    "klaviyo": Export(
        "klaviyo",
        "Email,Klaviyo ID,First Name,Phone Number,Email Marketing Consent,"
        "Email Marketing Consent Timestamp,Email Suppressions,Email Suppressions Timestamp\n"
        "ann@example.com,01H1,Ann,+15550100001,SUBSCRIBED,2026-01-02 03:04:05+00:00,[],\n"
        "cy@example.com,01H2,Cy,,UNSUBSCRIBED,2026-01-02 03:04:05+00:00,[],\n"
        "dee@example.com,01H3,Dee,,NEVER_SUBSCRIBED,,[],\n"
        'eve@example.com,01H4,Eve,,SUBSCRIBED,,"[""HARD_BOUNCE""]",2026-02-02 03:04:05+00:00\n',
        "ann cy dee eve",
        "cy dee eve",
        "+15550100001",
    ),
    "salesforce": Export(
        "salesforce",
        '"Contact ID","First Name","Account Name","Email","Phone","Email Opt Out","Do Not Call"\n'
        '"003xx1","Ann","Acme","ann@example.com","(555) 010-0001","0","1"\n'
        '"003xx2","Cy","Acme","cy@example.com","","1","0"\n',
        "ann cy",
        "cy",
        "(555) 010-0001",
        {"Do Not Call": 1, "Contact ID": "003xx1"},
    ),
    "salesforce by its own names": Export(
        "salesforce",
        "Id,Email,HasOptedOutOfEmail,EmailBouncedReason\n"
        "003xx1,ann@example.com,false,\n003xx2,cy@example.com,TRUE,\n003xx3,dee@example.com,false,550\n",
        "ann cy dee",
        "cy dee",
    ),
    "activecampaign": Export(
        "activecampaign",
        '"Contact ID","Email","First Name","Phone","Status","Lists","Tags"\n'
        '"1","ann@example.com","Ann","+15550100001","Active","News","a"\n'
        '"2","cy@example.com","Cy","","Unsubscribed","News",""\n'
        '"3","dee@example.com","Dee","","Bounced","News",""\n'
        '"4","eve@example.com","Eve","","Unconfirmed","News",""\n',
        "ann cy dee eve",
        "cy dee eve",
        "+15550100001",
    ),
    "odoo": Export(
        "odoo",
        "Name,Email,Opt Out,Is Blacklisted,Mailing Lists\n"
        "Ann,ann@example.com,False,False,News\nCy,cy@example.com,True,False,News\n"
        "Dee,dee@example.com,False,True,News\n",
        "ann cy dee",
        "cy dee",
    ),
    "odoo by its own names": Export(
        "odoo",
        "name,email,subscription_ids/opt_out,is_blacklisted\n"
        "Ann,ann@example.com,FALSE,FALSE\nCy,cy@example.com,TRUE,FALSE\n",
        "ann cy",
        "cy",
    ),
    "listmonk": Export(
        "listmonk",
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        '6b1f,ann@example.com,Ann Lee,"{""city"": ""Pune"", ""tags"": [""vip""]}",enabled,'
        "2026-01-02 03:04:05.123456+00,2026-01-02 03:04:05.123456+00\n"
        "6b20,cy@example.com,Cy Ng,{},blocklisted,2026-01-02 03:04:05+00,2026-01-02 03:04:05+00\n"
        "6b21,dee@example.com,Dee,{},disabled,2026-01-02 03:04:05+00,2026-01-02 03:04:05+00\n",
        "ann cy dee",
        "cy dee",
        None,
        {"city": "Pune", "tags": ["vip"], "created_at": "2026-01-02T03:04:05.123456Z"},
    ),
    "google": Export(
        "google",
        "First Name,Last Name,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        "E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value\r\n"
        'Ann,Lee,1990-05-17,"line one\r\nline two",VIP ::: * myContacts,* Work,ann@example.com,'
        "ann.home@example.com,Mobile,+1 555 010 0001 ::: +1 555 010 0002\r\n"
        "Cy,Ng, --05-17,,* myContacts,,cy@example.com ::: cy2@example.com,,,\r\n",
        "ann cy",
        "",
        "+1 555 010 0001",
        {"E-mail 2 - Value": "ann.home@example.com", "Notes": "line one\r\nline two"},
    ),
    "kit": Export(
        "kit",
        "email,first_name,status,created_at,tags\n"
        "ann@example.com,Ann,active,2026-01-02T03:04:05Z,a\n"
        "cy@example.com,Cy,cancelled,2026-01-02T03:04:05Z,a\n"
        "dee@example.com,Dee,bounced,2026-01-02T03:04:05Z,a\n"
        "eve@example.com,Eve,complained,2026-01-02T03:04:05Z,a\n",
        "ann cy dee eve",
        "cy dee eve",
    ),
    "mailerlite": Export(
        "mailerlite",
        "Subscriber,Status,Subscribed,Sent,Opens,Clicks,Name\n"
        "ann@example.com,Active,2026-01-02 03:04:05,5,1,0,Ann\n"
        "cy@example.com,Unsubscribed,2026-01-02 03:04:05,5,0,0,Cy\n",
        "ann cy",
        "cy",
    ),
    "civicrm": Export(
        None,
        "Contact ID,Email,Do Not Email,No Bulk Emails (User Opt Out),On Hold\n"
        "1,ann@example.com,No,No,No\n2,cy@example.com,Yes,No,No\n3,dee@example.com,No,Yes,No\n",
        "ann cy dee",
        "cy dee",
    ),
    "wix": Export(
        None,
        "Email 1,First Name,Email subscriber status\n"
        "ann@example.com,Ann,Subscribed\ncy@example.com,Cy,Unsubscribed\n"
        "dee@example.com,Dee,Never subscribed\n",
        "ann cy dee",
        "cy dee",
    ),
    "ghost": Export(
        None,
        "id,email,name,subscribed_to_emails,created_at,labels\n"
        "6a,ann@example.com,Ann,true,2026-01-02T03:04:05.000Z,\n"
        "6b,cy@example.com,Cy,false,2026-01-02T03:04:05.000Z,\n",
        "ann cy",
        "cy",
    ),
    "german": Export(
        None,
        "E-Mail-Adresse;Vorname;Abgemeldet am;Umsatz\n"
        "ann@example.com;Zoë;;12,5\ncy@example.com;Cy;04.03.2026;1\n",
        "ann cy",
        "cy",
    ),
}
