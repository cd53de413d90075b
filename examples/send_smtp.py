"""Send a campaign through SMTP, each message with a link to unsubscribe.

    python examples/send_smtp.py                        # into a sink that prints
    SMTP_HOST=localhost SMTP_PORT=1025 python examples/send_smtp.py

The SDK sends nothing itself: it streams who is reached, and what each is told. The link
carries a signature, so that nobody can unsubscribe somebody else.
"""

import hashlib
import hmac
import os
import smtplib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from uuid import UUID

from _project import project

from campaign_sdk import CampaignClient, Contact, Template, field

SECRET = os.environ.get("UNSUBSCRIBE_SECRET", "keep me out of the repository").encode()
SUBJECT = Template.parse("{{ first_name | default: 'Hello' }}, it has been a while", path="subject")
SENDER = "shop@example.com"
LINK = "https://shop.example.com/unsubscribe"


def signature(contact: UUID) -> str:
    return hmac.new(SECRET, str(contact).encode(), hashlib.sha256).hexdigest()[:32]


def email(contact: Contact, text: str) -> EmailMessage:
    link = f"{LINK}/{contact.id}/{signature(contact.id)}"
    message = EmailMessage()
    message["From"], message["To"] = SENDER, contact.email
    # One line: what a contact is called must not smuggle in a header.
    message["Subject"] = SUBJECT.render(contact, one_line=True)
    message["List-Unsubscribe"] = f"<{link}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(f"{text}\n\n--\nNo more of these: {link}\n")
    return message


def unsubscribe(client: CampaignClient, path: str) -> bool:
    """Do what the web server behind LINK does when it is followed."""
    contact, _, proof = path.removeprefix(f"{LINK}/").partition("/")
    if not hmac.compare_digest(proof, signature(UUID(contact))):
        return False
    client.contacts.unsubscribe(contact)
    return True


class Sink(socketserver.StreamRequestHandler):
    """Just enough SMTP to take a message and throw it away."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


@contextmanager
def smtp() -> Iterator[smtplib.SMTP]:
    """The server in the environment, or the sink."""
    host, port = os.environ.get("SMTP_HOST"), int(os.environ.get("SMTP_PORT", "25"))
    if host:
        with smtplib.SMTP(host, port, timeout=30) as connection:
            yield connection
        return
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with smtplib.SMTP("127.0.0.1", server.server_address[1], timeout=30) as connection:
            yield connection
        server.shutdown()
        thread.join()


def send(client: CampaignClient, campaign: UUID) -> list[EmailMessage]:
    with smtp() as server:
        sent = [email(*reached) for reached in client.campaigns.render_audience(campaign)]
        for message in sent:
            server.send_message(message)
    return sent


with project() as client:
    names = ("Asha", "Ben", "Cara\r\nBcc: everyone@example.com")
    client.contacts.upsert(
        {"email": f"reader-{n}@example.com", "attributes": {"first_name": name, "orders": 3}}
        for n, name in enumerate(names)
    )
    campaign = client.campaigns.create(
        "Come back", rules=field("orders") >= 3, message="You ordered {{ orders }} times. Again?"
    )
    client.campaigns.launch(campaign.id)

    sent = send(client, campaign.id)
    for message in sent:
        print(f"sent to {message['To']}: {message['Subject']}")

    link = str(sent[0]["List-Unsubscribe"]).strip("<>")
    print(f"\na forged link works: {unsubscribe(client, link[:-1] + '_')}")
    print(f"{sent[0]['To']} follows the link: {unsubscribe(client, link)}")
    print(f"the next time, {len(send(client, campaign.id))} of {len(sent)} are written to")
