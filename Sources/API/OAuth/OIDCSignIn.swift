internal import HTTP
internal import JSON
internal import Storage

/// From a token grant to an identity, in the order of the contract's steps (auth.md §8.6).
struct OIDCSignIn: Sendable {
    let provider: OIDCProvider
    let now: Timestamp

    private var settings: OIDCSettings { provider.settings }

    func identity(_ grant: TokenGrant) async throws(APIError) -> ProviderIdentity {
        guard let token = grant.idToken else {
            throw .refused("The provider's answer has no id_token.", detail: "Is the scope \"openid\" asked for?")
        }
        let idToken: JSONValue
        do throws(IDToken.Fault) { idToken = try await IDToken.verify(token, of: provider, at: now) } catch {
            throw .refused("Failed to verify OIDC token.", detail: error.reason)
        }
        guard let subject = idToken["sub"]?.text, !subject.isEmpty else {
            throw .refused("The ID token has no subject.", detail: "The claim \"sub\" is missing or empty.")
        }
        let claims = try await claims(idToken, subject, grant)
        let email = try email(claims)
        guard settings.ignoresEmailVerified || claims.isEmailVerified else { throw .page(.emailNotVerified) }
        guard OIDCClaims.isAllowed(email, domains: settings.emailDomains) else { throw .page(.foreignDomain) }
        try checkGroups(claims)
        let issuer = idToken["iss"]?.text ?? ""
        return ProviderIdentity(
            loginType: .oidc, linkedID: "\(issuer)||\(subject)", email: email,
            username: claims.text(settings.usernameField),
            name: ProviderIdentity.name(claims.text(settings.nameField)), avatarURL: claims.text("picture"),
            githubUserID: nil, grant: grant, claims: claims.stored, allowsSignUps: settings.allowsSignUps)
    }

    // MARK: Claims

    private func claims(
        _ idToken: JSONValue, _ subject: String, _ grant: TokenGrant
    ) async throws(APIError) -> OIDCClaims {
        let claims: OIDCClaims
        if settings.usesAccessTokenClaims {
            do throws(IDToken.Fault) {
                let second = try await IDToken.verify(grant.accessToken, of: provider, at: now)
                claims = OIDCClaims(idToken: idToken, second: second, winner: .idToken)
            } catch {
                throw .refused("Failed to verify the access token's claims.", detail: error.reason)
            }
        } else {
            let second = settings.ignoresUserInfo ? nil : try await userInfo(grant)
            // Another person's answer (OpenID Connect Core §5.3.2).
            if let second, second["sub"]?.text != subject {
                throw .refused(
                    "The provider's userinfo is of another subject.",
                    detail: "Its claim \"sub\" is not the ID token's.")
            }
            claims = OIDCClaims(idToken: idToken, second: second, winner: .second)
        }
        guard claims.canBeStored else {
            throw .refused(
                "The claims cannot be kept.",
                detail: "They hold a NUL character, a number beyond all bounds, or are nested too deep.")
        }
        return claims
    }

    private func userInfo(_ grant: TokenGrant) async throws(APIError) -> JSONValue? {
        func failed(_ cause: String) -> APIError {
            .answered(.internalServerError, "Failed to obtain user information claims.", detail: cause)
        }
        let answer: ClientResponse
        do throws(ClientFault) {
            guard let found = try await provider.userInfo(grant) else { return nil }
            answer = found
        } catch {
            throw failed(error.description)
        }
        guard answer.status == 200 else { throw failed("The userinfo endpoint answered \(answer.status).") }
        let claims: JSONValue
        if answer.value("content-type")?.lowercased().hasPrefix("application/jwt") == true {
            do throws(IDToken.Fault) {
                claims = try await IDToken.verifySigned(
                    String(decoding: answer.body, as: UTF8.self), of: provider, at: now)
            } catch {
                throw failed(error.reason)
            }
        } else {
            do throws(JSONError) { claims = try JSONReader.only(answer.body) } catch {
                throw failed("Its answer is no JSON: \(error)")
            }
        }
        guard OIDCClaims.isUserInfo(claims) else { throw failed("Its claims have the wrong kinds of values.") }
        return claims
    }

    private func email(_ claims: OIDCClaims) throws(APIError) -> String {
        do throws(OIDCClaims.EmailFault) { return try claims.email(settings) } catch {
            switch error {
            case .missing:
                throw .refused(
                    "No email found in OIDC payload!",
                    detail: "Neither \"\(settings.emailField)\" nor an address in \"\(settings.usernameField)\".")
            case .noText:
                throw .refused(
                    "The email claim is no string.", detail: "The claim is \"\(settings.emailField)\".")
            }
        }
    }

    private func checkGroups(_ claims: OIDCClaims) throws(APIError) {
        guard !settings.groupField.isEmpty, !settings.allowedGroups.isEmpty else { return }
        switch claims.groups(settings.groupField) {
        case .malformed: throw .page(.malformedGroups)
        case .list(let groups):
            guard groups.contains(where: settings.allowedGroups.contains) else { throw .page(.notInAllowedGroup) }
        case nil: throw .page(.notInAllowedGroup)
        }
    }
}
