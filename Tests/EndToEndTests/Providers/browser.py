#!/usr/bin/env python3
"""A person at a browser, without a browser: signs in at usersd through a provider's pages.

    browser.py START --user NAME [--password P] [--refuse] [--stop] [--cookie NAME=VALUE]…

START is usersd's callback URL, which begins the flow. Redirects are followed by hand; login forms get the name and the
password, consent forms are agreed to (with --refuse: refused). The way ends with usersd's answer to the callback; with
--stop it ends before that request is made. --cookie gives usersd's host a cookie beforehand, such as the one of
convert-login. Prints one JSON object:

    "steps": [{"method", "url", "form": {…}?, "status", "set_cookie": [names]}], secrets as they are
    "callback": the URL to which the provider sent the person, or null if it never did
    "status", "location", "body": of the last answer
    "cookies": {"host:port": {name: value}}, as the jars are at the end
    "trouble": why the person gave up, or null

Exits with 0 when the provider sent the person back (also with an error for usersd), else with 1. It asks nobody but
127.0.0.1, however a page or a redirect may tempt it.
"""
import argparse, http.client, json, sys
from urllib.parse import urlencode, urljoin, urlsplit

from cookies import Jars
from forms import read_forms

MOST_STEPS = 20
PATIENCE = 30  # seconds for an answer
LARGEST_BODY = 16 << 20  # bytes


class GaveUp(Exception):
    pass


class Person:
    def __init__(self, user, password, refuse=False):
        self.user, self.password, self.refuse = user, password, refuse
        self.jars = Jars()
        self.steps = []
        self.status = self.location = self.body = self.callback = None
        self.logged_in_at = set()

    def ask(self, method, url, pairs=None):
        """One request. The answer is kept; its redirect is not followed."""
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname != "127.0.0.1":
            raise GaveUp(f"sent away from this machine, to {url}")
        if len(self.steps) == MOST_STEPS:
            raise GaveUp(f"sent around {MOST_STEPS} times")
        headers = {"Accept": "text/html,application/json"}
        if cookie := self.jars.header(url):
            headers["Cookie"] = cookie
        if pairs is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{parts.netloc}",
                "Referer": url,
            }
        connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=PATIENCE)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, None if pairs is None else urlencode(pairs), headers)
            answer = connection.getresponse()
            self.body = answer.read(LARGEST_BODY).decode("utf-8", "replace")
        finally:
            connection.close()
        self.status, self.location = answer.status, answer.headers["Location"]
        step = {"method": method, "url": url, "status": answer.status}
        if pairs is not None:
            step["form"] = dict(pairs)
        step["set_cookie"] = self.jars.take(url, answer.headers.get_all("Set-Cookie") or [])
        self.steps.append(step)

    def answer_page(self, url):
        """The next request that the page at `url` asks of a person, as (method, URL, pairs)."""
        forms = [form for form in read_forms(self.body) if form.method == "POST"]
        if self.status != 200 or not forms:
            raise GaveUp(f"a dead end: {self.status} at {url}")
        login = next((form for form in forms if form.asks_password), None)
        if login:
            host = urlsplit(url).netloc
            if host in self.logged_in_at:
                raise GaveUp("the login was not accepted")
            self.logged_in_at.add(host)
            chosen, button = login, login.button()
        else:
            chosen = next((form for form in forms if form.button(self.refuse)), None)
            if chosen is None:
                raise GaveUp(f"no button to press at {url}")
            button = chosen.button(self.refuse)
        return "POST", urljoin(url, chosen.action), chosen.filled(self.user, self.password or "", button)

    def sign_in(self, start, stop=False):
        home = urlsplit(start).netloc
        self.ask("GET", start)
        method, url, pairs = "GET", start, None
        while True:
            if self.location and self.status in (301, 302, 303, 307, 308):
                url = urljoin(url, self.location)
                if self.status not in (307, 308):
                    method, pairs = "GET", None
            elif len(self.steps) == 1:
                raise GaveUp("the start leads nowhere")
            else:
                method, url, pairs = self.answer_page(url)
            if urlsplit(url).netloc == home:
                if len(self.steps) == 1:
                    raise GaveUp("the start leads to itself")
                self.callback = url
                if not stop:
                    self.ask(method, url, pairs)
                return
            self.ask(method, url, pairs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("start")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password")
    parser.add_argument("--refuse", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--cookie", action="append", default=[])
    given = parser.parse_args()
    person, trouble = Person(given.user, given.password, given.refuse), None
    for cookie in given.cookie:
        name, _, value = cookie.partition("=")
        person.jars.put(given.start, name, value)
    try:
        person.sign_in(given.start, given.stop)
    except (GaveUp, OSError, ValueError, http.client.HTTPException) as problem:
        trouble = str(problem) or repr(problem)
    print(json.dumps({
        "steps": person.steps, "callback": person.callback, "status": person.status, "location": person.location,
        "body": person.body, "cookies": person.jars.plain(), "trouble": trouble,
    }))
    sys.exit(1 if trouble else 0)


if __name__ == "__main__":
    main()
