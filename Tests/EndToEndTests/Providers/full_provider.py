#!/usr/bin/env python3
"""django-oauth-toolkit on 127.0.0.1: a whole OpenID provider that refuses an authorization without PKCE.

    full_provider.py [--port N] --client-id C --secret S --redirect-uri U
                     --user NAME --password P --email E [--verified] [--group G]…
    full_provider.py [--port N]        reads the same from one line of JSON on standard input:
        {"client_id", "secret", "redirect_uri", "token_seconds"?: life of access tokens,
         "users": [{"name", "password", "email", "verified": bool, "full_name"?, "groups"?: [string]}]}

Prints {"issuer": …} when it is ready; ends on SIGTERM and when its standard input is closed. An empty secret makes the
client public. A redirect URI without a port, http://127.0.0.1/path, allows every port (RFC 8252 §7.3). Its database
and nothing else is in a folder that goes away with it; its key exists in memory only.
"""
import argparse, json, os, pathlib, sys, tempfile

import lifetime

# oauthlib refuses http unless it is told that this is on purpose.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def settings_from_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    for name in ("client-id", "secret", "redirect-uri", "user", "password", "email"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--verified", action="store_true")
    parser.add_argument("--group", action="append", default=[])
    given = parser.parse_args()
    if given.client_id is None:
        line = lifetime.read_line()
        if not line:
            parser.error("no --client-id, and no JSON on standard input")
        return given.port, json.loads(line)
    for name in ("redirect_uri", "user", "password", "email"):
        if getattr(given, name) is None:
            parser.error(f"--{name.replace('_', '-')} is missing")
    person = {
        "name": given.user, "password": given.password, "email": given.email, "verified": given.verified,
        "groups": given.group,
    }
    return given.port, {
        "client_id": given.client_id, "secret": given.secret or "", "redirect_uri": given.redirect_uri,
        "users": [person],
    }


def main():
    lifetime.begin()
    port, wanted = settings_from_arguments()
    with tempfile.TemporaryDirectory(prefix="usersd-provider-") as folder:
        import full_provider_site as site

        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

        class Handler(WSGIRequestHandler):
            def log_message(self, format, *arguments):
                print(format % arguments, file=sys.stderr)

        # The socket before the site: the issuer is part of the site's settings.
        server = ThreadedWSGIServer(("127.0.0.1", port), Handler)
        issuer = f"http://127.0.0.1:{server.server_port}"
        server.set_app(site.build(pathlib.Path(folder), issuer, wanted))
        lifetime.serve(server, issuer)


if __name__ == "__main__":
    main()
