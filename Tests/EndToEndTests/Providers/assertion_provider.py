#!/usr/bin/env python3
"""A provider that knows its client by a certificate (RFC 7523 §2.2), small enough to be trusted by eye.

    assertion_provider.py CERTIFICATE

CERTIFICATE is a PEM file. Prints {"issuer": …} when it is ready, and then for every token request a line of JSON:

    "form": what was posted, "authorization": the header or null,
    "valid": whether the assertion is signed as RS256 by the certificate's key and not over,
    "header", "claims": of the assertion, "thumbprint": what `x5t` must be (RFC 7515 §4.1.7)

An assertion that is not valid gets `invalid_client`. Nobody is asked for a password. Access tokens live a second.
"""
import base64, hashlib, http.server, json, pathlib, secrets, sys, time
from urllib.parse import parse_qsl, urlencode, urlsplit

import lifetime
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jwcrypto import jwk, jws, jwt

CERTIFICATE = x509.load_pem_x509_certificate(pathlib.Path(sys.argv[1]).read_bytes())
CLIENT_KEY = jwk.JWK.from_pyca(CERTIFICATE.public_key())
OWN_KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="own")


def thumbprint():
    digest = hashlib.sha1(CERTIFICATE.public_bytes(Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def judged(assertion):
    """Whether it holds; its header and claims, whatever they are worth."""
    token = jws.JWS()
    token.deserialize(assertion)
    header = json.loads(token.objects["protected"])
    claims = json.loads(token.objects["payload"])
    try:
        verified = jwt.JWT(algs=["RS256"])
        verified.leeway = 0
        verified.deserialize(assertion, CLIENT_KEY)
        return True, header, claims
    except Exception as problem:
        print(repr(problem), file=sys.stderr)
        return False, header, claims


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            issuer = self.server.issuer
            self.answer(200, {
                "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/jwks", "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            })
        elif parts.path == "/jwks":
            self.answer(200, {"keys": [OWN_KEY.export_public(as_dict=True)]})
        elif parts.path == "/authorize":
            asked = dict(parse_qsl(parts.query))
            back = urlencode({"code": secrets.token_urlsafe(16), "state": asked["state"]})
            self.answer(302, {}, f"{asked['redirect_uri']}?{back}")
        else:
            self.answer(404, {})

    def do_POST(self):
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        valid, header, claims = judged(form["client_assertion"])
        print(json.dumps({
            "form": form, "authorization": self.headers["Authorization"], "valid": valid, "header": header,
            "claims": claims, "thumbprint": thumbprint(),
        }), flush=True)
        if not valid:
            return self.answer(401, {"error": "invalid_client"})
        self.answer(200, {
            "access_token": secrets.token_urlsafe(16), "refresh_token": secrets.token_urlsafe(16),
            "token_type": "Bearer", "expires_in": 1, "id_token": self.id_token(claims["iss"]),
        })

    def id_token(self, audience):
        now = int(time.time())
        token = jwt.JWT(header={"alg": "RS256", "kid": "own"}, claims={
            "iss": self.server.issuer, "aud": audience, "sub": "ana", "iat": now, "exp": now + 60,
            "email": "ana@usersd.test", "email_verified": True, "preferred_username": "ana",
        })
        token.make_signed_token(OWN_KEY)
        return token.serialize()

    def answer(self, status, body, location=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    lifetime.begin()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.issuer = f"http://127.0.0.1:{server.server_port}"
    lifetime.serve(server, server.issuer)


if __name__ == "__main__":
    main()
