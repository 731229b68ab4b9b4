internal import Logging
internal import Loops
internal import Storage

/// The rooms of one loop, each with what it needs and no more.
struct Rooms: Sendable {
    let site: SiteHandlers
    let fixed: FixedAnswers
    let users: UserHandlers
    let firstUser: FirstUserHandlers
    let login: LoginHandlers
    let profile: ProfileHandlers
    let roles: RoleHandlers
    let status: StatusHandlers
    let settings: SettingsHandlers
    let organizations: OrganizationHandlers
    let members: MemberHandlers
    let authCheck: AuthCheckHandlers
    let keys: KeyHandlers
    let sshKeys: SSHKeyHandlers
    let passwords: PasswordHandlers
    let prices: PriceHandlers
    let convertLogin: ConvertLoginHandlers
    let oauth: OAuthHandlers
    let signInPages: SignInPages
    let sessionPages: SessionPages
    let devicePages: DevicePages

    init(
        store: any Storage, configuration: Configuration, shared: SharedState, ambient: Ambient,
        background: Background, audit: AuditLog, log: Logger, faults: Faults
    ) {
        let (hasher, providers) = (shared.passwords, shared.providers)
        let notices = NoticeBoard(
            store: store, background: background, delivery: shared.delivery, audit: audit, faults: faults)
        site = SiteHandlers(store: store, configuration: configuration, prices: shared.prices, faults: faults)
        fixed = FixedAnswers(configuration: configuration)
        users = UserHandlers(
            store: store, configuration: configuration, providers: providers, passwords: hasher,
            sshKeys: shared.sshKeys, notices: notices, audit: audit, ambient: ambient, faults: faults)
        firstUser = FirstUserHandlers(
            store: store, passwords: hasher, sshKeys: shared.sshKeys, ambient: ambient, faults: faults)
        login = LoginHandlers(
            store: store, configuration: configuration, passwords: hasher, providers: providers, audit: audit,
            ambient: ambient, faults: faults)
        profile = ProfileHandlers(store: store, audit: audit, faults: faults)
        roles = RoleHandlers(store: store, audit: audit, faults: faults)
        status = StatusHandlers(store: store, notices: notices, audit: audit, faults: faults)
        settings = SettingsHandlers(store: store, faults: faults)
        organizations = OrganizationHandlers(store: store, faults: faults)
        members = MemberHandlers(
            store: store, organizations: organizations, users: UserResolver(store: store, faults: faults),
            faults: faults)
        authCheck = AuthCheckHandlers()
        keys = KeyHandlers(store: store, configuration: configuration, audit: audit, ambient: ambient, faults: faults)
        sshKeys = SSHKeyHandlers(store: store, keys: shared.sshKeys, audit: audit, faults: faults)
        passwords = PasswordHandlers(
            store: store, configuration: configuration, passwords: hasher, notices: notices, audit: audit,
            ambient: ambient, faults: faults)
        prices = PriceHandlers(store: store, covered: shared.coveredPrices, log: log, faults: faults)
        convertLogin = ConvertLoginHandlers(
            store: store, login: login, configuration: configuration, audit: audit, ambient: ambient, faults: faults)
        oauth = OAuthHandlers(
            providers: providers,
            accounts: ProviderAccounts(
                store: store, conversions: convertLogin, providers: providers, configuration: configuration,
                sshKeys: shared.sshKeys, audit: audit, ambient: ambient, faults: faults),
            flow: OAuthFlow(configuration: configuration, ambient: ambient), configuration: configuration,
            faults: faults)
        signInPages = SignInPages(
            login: login, passwords: passwords, providers: providers, configuration: configuration, ambient: ambient)
        sessionPages = SessionPages(login: login, keys: keys, configuration: configuration, ambient: ambient)
        devicePages = DevicePages(oauth: oauth, ambient: ambient)
    }
}
