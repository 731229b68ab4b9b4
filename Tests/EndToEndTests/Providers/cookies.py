"""A cookie jar per host and port.

RFC 6265 lets the ports of a host share cookies. Here they stand for different hosts: usersd and its provider are both
on 127.0.0.1, and would see each other's cookies as they never do in life.
"""
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit


class Jars:
    def __init__(self):
        # host:port → {(name, path): value}
        self.hosts = {}

    def put(self, url, name, value, path="/"):
        self.hosts.setdefault(urlsplit(url).netloc, {})[name, path] = value

    def take(self, url, lines):
        """Obeys the `Set-Cookie` lines of an answer; returns the cookies' names."""
        names = []
        for line in lines:
            pair, *rest = line.split(";")
            name, _, value = pair.strip().partition("=")
            names.append(name)
            attributes = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)}
            # This is plain http: a browser keeps no Secure cookie from it.
            if "secure" in attributes:
                continue
            path = attributes.get("path", "")
            if not path.startswith("/"):
                path = urlsplit(url).path.rpartition("/")[0] or "/"
            if _over(attributes):
                self.hosts.get(urlsplit(url).netloc, {}).pop((name, path), None)
            else:
                self.put(url, name, value, path)
        return names

    def header(self, url):
        """The `Cookie` header for a request; empty if there is nothing to send."""
        here = urlsplit(url).path or "/"
        jar = self.hosts.get(urlsplit(url).netloc, {})
        fitting = [(path, name, value) for (name, path), value in jar.items() if _below(here, path)]
        fitting.sort(key=lambda one: -len(one[0]))
        return "; ".join(f"{name}={value}" for _, name, value in fitting)

    def plain(self):
        """host:port → {name: value}, for the transcript."""
        return {host: {name: value for (name, _), value in jar.items()} for host, jar in self.hosts.items() if jar}


def _below(path, parent):
    return path == parent or path.startswith(parent if parent.endswith("/") else f"{parent}/")


def _over(attributes):
    if "max-age" in attributes:
        return int(attributes["max-age"]) <= 0
    return "expires" in attributes and parsedate_to_datetime(attributes["expires"]).timestamp() <= time.time()
