"""What full_provider.py says about its people, beyond the toolkit's `sub` (the number of the account)."""
from django.conf import settings
from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    # Claim to scope. The standard ones are in it already.
    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"groups": "groups"}

    def get_additional_claims(self, request):
        person = next(person for person in settings.PEOPLE if person["name"] == request.user.username)
        return {
            "preferred_username": person["name"],
            "name": person.get("full_name", person["name"]),
            "email": person["email"],
            "email_verified": person["verified"],
            "groups": person.get("groups", []),
        }
