"""The beginnings of images, which is what tells one from another."""

from __future__ import annotations

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff\xe0" + b"pixels"
GIF = b"GIF89a" + b"pixels"
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"pixels"
