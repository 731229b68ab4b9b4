"""The Django site of full_provider.py: Django's own login page, django-oauth-toolkit's consent page and endpoints."""
import secrets


def build(folder, issuer, wanted):
    """The WSGI application; its database, with the client and the people in it, is made in `folder`."""
    import django
    from django.conf import settings

    apps = ["auth", "contenttypes", "sessions", "messages", "admin"]
    settings.configure(
        SECRET_KEY=secrets.token_hex(32), ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF="full_provider_urls",
        USE_TZ=True, TIME_ZONE="UTC",
        INSTALLED_APPS=[f"django.contrib.{app}" for app in apps] + ["oauth2_provider"],
        # No history to replay in an empty database.
        MIGRATION_MODULES={app: None for app in apps + ["oauth2_provider"]},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "state.sqlite",
                               "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        # Good passwords are not what is tested, and a slow hash would be paid at every sign-in and token.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGIN_URL="/login/", STATIC_URL="/static/",
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                    "django.middleware.csrf.CsrfViewMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware",
                    "django.contrib.messages.middleware.MessageMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                    "OPTIONS": {"context_processors": ["django.template.context_processors.request",
                                                       "django.contrib.auth.context_processors.auth",
                                                       "django.contrib.messages.context_processors.messages"]}}],
        OAUTH2_PROVIDER=provider_settings(issuer, wanted), PEOPLE=wanted["users"])
    django.setup()

    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", run_syncdb=True, verbosity=0)
    fill(wanted)
    return get_wsgi_application()


def provider_settings(issuer, wanted):
    return {
        # Of access tokens; an ID token is looked at once, so it may live on.
        "ACCESS_TOKEN_EXPIRE_SECONDS": wanted.get("token_seconds", 3600),
        "OIDC_ENABLED": True, "OIDC_ISS_ENDPOINT": issuer, "OIDC_RSA_PRIVATE_KEY": new_key(),
        "OIDC_RESPONSE_TYPES_SUPPORTED": ["code"],
        "PKCE_REQUIRED": True,
        # S256 alone is offered and taken.
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        # RFC 9207: the answer names the issuer, which defends against mix-up.
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "SCOPES": {"openid": "Know who you are", "profile": "Know your name", "email": "Know your e-mail address",
                   "groups": "Know your groups"},
        "OAUTH2_VALIDATOR_CLASS": "full_provider_claims.Validator",
    }


def new_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def fill(wanted):
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    for person in wanted["users"]:
        User.objects.create_user(person["name"], person["email"], person["password"])
    Application.objects.create(
        name="usersd", client_id=wanted["client_id"], client_secret=wanted["secret"],
        client_type=Application.CLIENT_CONFIDENTIAL if wanted["secret"] else Application.CLIENT_PUBLIC,
        redirect_uris=wanted["redirect_uri"], authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM)
