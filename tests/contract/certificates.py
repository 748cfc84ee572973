"""A certificate for 127.0.0.1, or for other names, that only a test knows, and its key."""

import subprocess
from pathlib import Path
from shutil import which

import pytest


def certificate(folder: Path, names: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """The certificate's file and its key's; skips where there is nothing to make one with."""
    openssl = which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl command to make a certificate with")
    key, made = folder / "key.pem", folder / "certificate.pem"
    options = ["-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    options += ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"]
    files = ["-keyout", str(key), "-out", str(made)]
    subprocess.run([openssl, "req", *options, *files], check=True, capture_output=True)
    return made, key
