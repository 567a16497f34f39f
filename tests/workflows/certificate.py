"""A certificate for the loopback: made when a test begins, gone when it ends."""

import ipaddress
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

_CONFIG = """[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = 127.0.0.1
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = IP:127.0.0.1, DNS:localhost
"""
_KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
# What each kind of client reads: Node, Python and Go, curl and requests, Git.
_VARIABLES = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO")


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1 and localhost, and its key."""

    path: Path
    key_path: Path

    def server_context(self) -> ssl.SSLContext:
        """Return what a server wraps its sockets with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key_path)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return what a client in this process trusts: this certificate alone."""
        return ssl.create_default_context(cafile=str(self.path))

    def variables(self) -> dict[str, str]:
        """Return the environment in which other programs trust it."""
        return dict.fromkeys(_VARIABLES, str(self.path))


def make_certificate(folder: Path) -> Certificate:
    """Make one in `folder`, with the package `cryptography` or the program `openssl`; skip the test without either."""
    certificate = Certificate(folder / "loopback.pem", folder / "loopback.key")
    if find_spec("cryptography"):
        _with_cryptography(certificate)
    elif shutil.which("openssl"):
        _with_openssl(certificate)
    else:
        pytest.skip("neither the package `cryptography` nor the program `openssl` is here to make a certificate")
    return certificate


def _with_openssl(certificate: Certificate) -> None:
    config = certificate.path.with_suffix(".cnf")
    config.write_text(_CONFIG, encoding="utf-8")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-config", str(config), "-keyout", str(certificate.key_path), "-out", str(certificate.path)]
    subprocess.run([*command, *files, "-days", "2"], check=True, capture_output=True)


def _with_cryptography(certificate: Certificate) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    hosts = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + timedelta(days=2))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    used = {"digital_signature", "key_cert_sign"}
    builder = builder.add_extension(x509.KeyUsage(**{name: name in used for name in _KEY_USES}), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    plain, encoding = serialization.NoEncryption(), serialization.Encoding.PEM
    certificate.key_path.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    certificate.path.write_bytes(signed.public_bytes(encoding))
