"""A tiny relying party: what usersd is to a provider, small enough to be trusted by eye.

Its one path begins the flow and ends it, as usersd's callback does. Three switches make it misbehave.
"""
import base64, hashlib, http.server, json, secrets, threading, urllib.error, urllib.request
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from jwcrypto import jwk, jwt


def fetch(url, form=None, headers=None):
    """(status, JSON); a refusal is an answer like any other."""
    body = None if form is None else urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        text = refusal.read().decode("utf-8", "replace")
        return refusal.code, json.loads(text) if text.startswith("{") else {"text": text}


def s256(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class RelyingParty:
    def __init__(self, issuer, client_id="usersd", secret="any"):
        self.issuer, self.client_id, self.secret = issuer, client_id, secret
        self.discovery = fetch(f"{issuer}/.well-known/openid-configuration")[1]
        # The switches: "S256", "plain" or None; what is sent instead of the verifier ("" for nothing); another URI.
        self.challenge_method, self.false_verifier, self.false_redirect = "S256", None, None
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"

    def answer(self, request):
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        jar = SimpleCookie(request.headers.get("Cookie", ""))
        cookies = {name: morsel.value for name, morsel in jar.items()}
        if "error" in query:
            status, headers, body = 400, [], query
        elif "code" in query:
            status, headers, body = self.finish(query, cookies)
        else:
            status, headers, body = self.begin()
        data = json.dumps(body).encode()
        request.send_response(status)
        for name, value in headers + [("Content-Length", str(len(data)))]:
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def begin(self):
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.false_redirect or self.url,
            "scope": "openid profile email", "state": state, "access_type": "offline",
        }
        if self.challenge_method:
            asked["code_challenge"] = s256(verifier) if self.challenge_method == "S256" else verifier
            asked["code_challenge_method"] = self.challenge_method
        place = f"{self.discovery['authorization_endpoint']}?{urlencode(asked)}"
        cookies = [("Set-Cookie", f"{name}={value}; Path=/; HttpOnly; SameSite=Lax")
                   for name, value in (("state", state), ("verifier", verifier))]
        return 307, cookies + [("Location", place)], {}

    def finish(self, query, cookies):
        if query.get("state") != cookies.get("state"):
            return 401, [], {"error": "state"}
        if query.get("iss", self.issuer) != self.issuer:
            return 401, [], {"error": "iss"}
        verifier = cookies["verifier"] if self.false_verifier is None else self.false_verifier
        status, tokens = self.exchange(query["code"], verifier)
        if status != 200:
            return 500, [], {"status": status, **tokens}
        userinfo = fetch(self.discovery["userinfo_endpoint"],
                         headers={"Authorization": f"Bearer {tokens['access_token']}"})[1]
        body = {"claims": self.verified(tokens["id_token"]), "userinfo": userinfo, "tokens": tokens,
                "code": query["code"], "verifier": cookies["verifier"]}
        return 307, [("Location", "/")], body

    def exchange(self, code, verifier, secret=None):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.url}
        if verifier:
            form["code_verifier"] = verifier
        return self.token_request(form, secret)

    def refresh(self, token):
        return self.token_request({"grant_type": "refresh_token", "refresh_token": token})

    def token_request(self, form, secret=None):
        # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
        pair = f"{quote(self.client_id, safe='')}:{quote(secret or self.secret, safe='')}"
        basic = base64.b64encode(pair.encode()).decode()
        return fetch(self.discovery["token_endpoint"], form, {"Authorization": f"Basic {basic}"})

    def verified(self, id_token):
        """The claims; throws unless a key of the provider signed them for us, and lately."""
        keys = jwk.JWKSet.from_json(json.dumps(fetch(self.discovery["jwks_uri"])[1]))
        token = jwt.JWT(jwt=id_token, key=keys, algs=["RS256"], expected_type="JWS", check_claims={
            "iss": self.issuer, "aud": self.client_id, "exp": None, "iat": None, "sub": None})
        return json.loads(token.claims)
