#!/usr/bin/env python3
"""oidc-provider-mock on 127.0.0.1, for claims of every shape.

    mock_provider.py [--port N] [--require-nonce] [--no-refresh-token] [--token-seconds N]

Prints {"issuer": …} when it is ready; ends on SIGTERM and when its standard input is closed. Any client id, secret and
redirect URI will do, and it checks no PKCE (its discovery does not offer it). Claims are set while it runs:
PUT /users/SUB with a JSON object; whatever is in it goes to the ID token and to userinfo, standard claims only with
their scope. POST /users/SUB/revoke-tokens ends a person's tokens.
"""
import argparse, logging, os
from datetime import timedelta

import lifetime

# Authlib refuses http issuers unless it is told that this is on purpose.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def main():
    lifetime.begin()
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--require-nonce", action="store_true")
    parser.add_argument("--no-refresh-token", action="store_true")
    parser.add_argument("--token-seconds", type=int, default=3600, help="life of access and ID tokens")
    options = parser.parse_args()

    import oidc_provider_mock, werkzeug.serving

    app = oidc_provider_mock.app(
        require_nonce=options.require_nonce, issue_refresh_token=not options.no_refresh_token,
        access_token_max_age=timedelta(seconds=options.token_seconds))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = werkzeug.serving.make_server("127.0.0.1", options.port, app, threaded=True)
    lifetime.serve(server, f"http://127.0.0.1:{server.server_port}")


if __name__ == "__main__":
    main()
