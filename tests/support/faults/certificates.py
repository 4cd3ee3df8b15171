"""Certificates for tests, made on the spot: an authority, and what it signs."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
ENDS = NOW + timedelta(days=20)
USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
ENDED = NOW - timedelta(days=2)


@dataclass(frozen=True)
class Authority:
    """A certificate authority that only a test trusts; ``path`` holds its certificate as PEM."""

    path: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, directory: Path) -> Authority:
        """Return a new authority that keeps its files in the directory."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("authority of a test")
        certificate = (
            _builder(name, name, key, NOW + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            # Python 3.13 and later refuse an authority that does not declare this use.
            .add_extension(_use(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        path = directory / "authority.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(path, certificate, key)

    def server_context(self, name: str, *, host: str = "127.0.0.1", ends: datetime = ENDS) -> ssl.SSLContext:
        """Return a server's context with a certificate for an address or a host name; ``name`` names its files."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _builder(_name(host), self.certificate.subject, key, ends)
            .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_use(digital_signature=True), critical=True)
            .add_extension(authority_id, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return _context(self.path.parent / f"{name}.pem", certificate, key)


def self_signed_context(path: Path) -> ssl.SSLContext:
    """Return a server's context whose certificate is self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("127.0.0.1")
    certificate = (
        _builder(name, name, key, ENDS)
        .add_extension(x509.SubjectAlternativeName([_alternative("127.0.0.1")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _context(path, certificate, key)


def _use(**uses: bool) -> x509.KeyUsage:
    """Return the extension that permits these uses of a key and no others."""
    return x509.KeyUsage(**{**dict.fromkeys(USES, False), **uses})


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(ends, NOW) - timedelta(days=30))
        .not_valid_after(ends)
    )


def _context(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
