#!/usr/bin/env python3
"""Proves that the two providers do what the end-to-end tests rely on, by a relying party that is not usersd.

    FOLDER/bin/python check_providers.py        (FOLDER: see `install`)

One line for each check; exits with 1 if one failed.
"""
import contextlib, glob, json, pathlib, subprocess, sys, tempfile, urllib.request
from urllib.parse import parse_qs, urlsplit

from relying_party import RelyingParty

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "s3cret/+ %"
PEOPLE = [
    {"name": "ana", "password": "pass word/1", "email": "ana@usersd.test", "verified": True, "full_name": "Ana B"},
    {"name": "bea", "password": "pass word/2", "email": "bea@usersd.test", "verified": False},
]
passed, failed = [], []


def check(name, holds, seen=""):
    (passed if holds else failed).append(name)
    print(f"{'ok    ' if holds else 'FAILED'} {name}{f'   [{seen}]' if seen != '' else ''}", flush=True)


@contextlib.contextmanager
def provider(script, *arguments, line=None, ending="pipe"):
    """Starts it; afterwards ends it by its pipe or by SIGTERM and demands that it goes."""
    process = subprocess.Popen(
        [sys.executable, HERE / script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    try:
        if line is not None:
            process.stdin.write(json.dumps(line).encode() + b"\n")
            process.stdin.flush()
        yield json.loads(process.stdout.readline())["issuer"]
        if ending == "pipe":
            process.stdin.close()
        else:
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        check(f"{script} ends by {ending}", process.returncode == 0, process.returncode)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def browse(start, user, password=None, *more):
    words = [sys.executable, HERE / "browser.py", start, "--user", user, *more]
    if password:
        words += ["--password", password]
    return json.loads(subprocess.run(words, stdout=subprocess.PIPE, timeout=120).stdout)


def body_of(way):
    """The relying party's last answer; nothing, if the person never came back to it."""
    return json.loads(way["body"]) if way["callback"] else {}


def tell(way):
    for number, step in enumerate(way["steps"], 1):
        names = f"  sets {', '.join(step['set_cookie'])}" if step["set_cookie"] else ""
        print(f"    {number} {step['method']} {step['url'][:100]} → {step['status']}{names}")


def check_sign_in(label, party, way, subject):
    tell(way)
    body = body_of(way)
    claims, userinfo = body.get("claims", {}), body.get("userinfo", {})
    check(f"{label}: code flow ends signed in", way["status"] == 307 and bool(claims), way["trouble"] or way["status"])
    check(f"{label}: ID token, verified as RS256 with the key set, is about {subject}", claims.get("sub") == subject)
    check(f"{label}: userinfo has the same sub", userinfo.get("sub") == subject and bool(subject))
    if not claims:
        return
    status, refreshed = party.refresh(body["tokens"].get("refresh_token"))
    check(f"{label}: refresh token works", status == 200 and "access_token" in refreshed, status)
    status, again = party.exchange(body["code"], body["verifier"])
    check(f"{label}: a code works once", status == 400 and again.get("error") == "invalid_grant", again.get("error"))


def check_mock():
    with provider("mock_provider.py") as issuer:
        party = RelyingParty(issuer)
        check("mock: issuer", party.discovery["issuer"] == issuer, issuer)
        check("mock: offers no PKCE", "code_challenge_methods_supported" not in party.discovery)
        claims = {"email": "ana@usersd.test", "email_verified": "true", "groups": ["x"], "preferred_username": 7}
        urllib.request.urlopen(urllib.request.Request(
            f"{issuer}/users/ana", json.dumps(claims).encode(), {"Content-Type": "application/json"}, method="PUT"))
        way = browse(party.url, "ana")
        check_sign_in("mock", party, way, "ana")
        given = {name: body_of(way)["claims"].get(name) for name in claims}
        check("mock: claims pass as they are", given == claims, given)
        refused = browse(party.url, "ana", None, "--refuse")
        check("mock: refusal comes back as an error", body_of(refused).get("error") == "access_denied")
        party.false_verifier = "w" * 43
        way = browse(party.url, "ana")
        check("mock: does not look at the verifier (so it proves nothing about PKCE)", way["status"] == 307)
    with provider("mock_provider.py", ending="SIGTERM"):
        pass


def check_full():
    folders = set(glob.glob(f"{tempfile.gettempdir()}/usersd-provider-*"))
    wanted = {"client_id": "usersd", "secret": SECRET, "redirect_uri": "http://127.0.0.1/callback", "users": PEOPLE}
    with provider("full_provider.py", line=wanted) as issuer:
        party = RelyingParty(issuer, secret=SECRET)
        check("full: issuer", party.discovery["issuer"] == issuer, issuer)
        methods = party.discovery["code_challenge_methods_supported"]
        check("full: offers S256 alone", methods == ["S256"], methods)
        way = browse(party.url, "ana", PEOPLE[0]["password"])
        check_sign_in("full", party, way, "1")
        claims = body_of(way).get("claims", {})
        given = [claims.get(name) for name in ("preferred_username", "name", "email", "email_verified")]
        check("full: claims", given == ["ana", "Ana B", "ana@usersd.test", True], given)
        unverified = body_of(browse(party.url, "bea", PEOPLE[1]["password"])).get("claims", {})
        check("full: an unverified e-mail is told as such", unverified.get("email_verified") is False)
        check_pages(party)
        check_pkce(party)
    left = set(glob.glob(f"{tempfile.gettempdir()}/usersd-provider-*")) - folders
    check("full: its folder is gone", not left, ", ".join(left))
    arguments = ["--client-id", "usersd", "--secret", "", "--redirect-uri", "http://127.0.0.1/callback",
                 "--user", "ana", "--password", "p", "--email", "ana@usersd.test", "--verified"]
    with provider("full_provider.py", *arguments, ending="SIGTERM") as issuer:
        check("full: takes arguments", RelyingParty(issuer).discovery["issuer"] == issuer)


def check_pages(party):
    ana, password = PEOPLE[0]["name"], PEOPLE[0]["password"]
    way = browse(party.url, ana, "wrong")
    check("full: a wrong password is no login", way["trouble"] == "the login was not accepted", way["trouble"])
    way = browse(party.url, ana, password, "--refuse")
    check("full: refusal comes back as an error", body_of(way).get("error") == "access_denied")
    way = browse(party.url, ana, password, "--stop")
    stopped = way["callback"] is not None and way["steps"][-1]["url"].startswith(party.issuer)
    check("browser: stops before the callback, and hands over cookies",
          stopped and set(way["cookies"][urlsplit(party.url).netloc]) == {"state", "verifier"})
    party.false_redirect = party.url.replace("/callback", "/elsewhere")
    way = browse(party.url, ana, password)
    check("full: another redirect URI is refused on the spot", way["callback"] is None and way["status"] == 400,
          way["status"])
    party.false_redirect = None


def check_pkce(party):
    """Each is the sign-in that succeeded above with one thing changed."""
    ana, password = PEOPLE[0]["name"], PEOPLE[0]["password"]
    for method in (None, "plain"):
        party.challenge_method = method
        way = browse(party.url, ana, password)
        error = body_of(way)
        check(f"full: authorization with challenge method {method} is refused",
              error.get("error") == "invalid_request" and "code" not in error,
              f"{error.get('error')}: {error.get('error_description')}")
    party.challenge_method = "S256"
    for name, verifier in (("wrong", "w" * 43), ("missing", "")):
        party.false_verifier = verifier
        error = body_of(browse(party.url, ana, password))
        check(f"full: token request with a {name} verifier is refused",
              error.get("status") == 400 and "access_token" not in error,
              f"{error.get('status')} {error.get('error')}")
    party.false_verifier = None
    way = browse(party.url, ana, password, "--stop")
    code = parse_qs(urlsplit(way["callback"]).query)["code"][0]
    verifier = way["cookies"][urlsplit(party.url).netloc]["verifier"]
    status, answer = party.exchange(code, verifier, secret="wrong")
    check("full: a wrong client secret is refused", status == 401, f"{status} {answer.get('error')}")
    status, answer = party.exchange(code, verifier)
    check("full: the same request with the right secret is granted", status == 200 and "id_token" in answer, status)


if __name__ == "__main__":
    check_mock()
    check_full()
    print(f"{len(passed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)
