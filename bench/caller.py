"""The callers' tokens: RS256 as both services verify them, and the key pair behind them."""

from dataclasses import dataclass
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.population import PERMISSIONS, Tenant

KEY_ID = "bench-key"
ISSUER = "bench"
_FAR_FUTURE = 4_102_444_800


@dataclass(frozen=True)
class Keys:
    """A key pair, in PEM form."""

    private: str
    public: str

    @staticmethod
    def new() -> "Keys":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return Keys(private.decode(), public.decode())

    @cache  # signing takes longer than many an answer
    def token(self, tenant: Tenant, *, master: bool) -> str:
        """A token of the tenant's first member."""
        claims: dict[str, object] = {**tenant.caller, "permissions": PERMISSIONS}
        return self.sign(claims | ({"tenantType": "master"} if master else {}))

    def sign(self, claims: dict[str, object]) -> str:
        """A token with these claims."""
        claims = {**claims, "iss": ISSUER, "exp": _FAR_FUTURE}
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": KEY_ID})
