"""A stand-in for Google's four OAuth endpoints, on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EMAIL = "gina@example.com"


class Google(BaseHTTPRequestHandler):
    """Consents to everything in the name of one user, or declines."""

    visited: ClassVar[list[str]] = []
    with_id_token: ClassVar[bool] = True
    consents: ClassVar[bool] = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.visited.append(url.path)
        if url.path == "/authorize":
            query = {key: value for key, [value] in parse_qs(url.query).items()}
            answer = "code=consent" if self.consents else "error=access_denied"
            self._redirect(f"{query['redirect_uri']}?{answer}&state={query['state']}")
        elif url.path == "/certs":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            self._json({"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]})
        else:
            self._json({"id": "42", "email": EMAIL, "verified_email": True, "name": "Gina"})

    def do_POST(self) -> None:
        self.visited.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        token: dict[str, Any] = {"access_token": "a", "token_type": "Bearer", "expires_in": 3600}
        if self.with_id_token:
            token["id_token"] = jwt.encode(_claims(), KEY, "RS256", headers={"kid": "1"})
        self._json(token)

    def _redirect(self, location: str) -> None:
        self.send_response(302)
        self.send_header("Location", location)
        self.end_headers()

    def _json(self, body: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _claims() -> dict[str, Any]:
    return {
        "iss": "https://accounts.google.com",
        "aud": "local",
        "sub": "42",
        "email": EMAIL,
        "email_verified": True,
        "name": "Gina",
        "exp": int(time.time()) + 600,
    }


@contextmanager
def stand_in() -> Iterator[str]:
    """Serve on a free port of loopback; give the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Google) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
