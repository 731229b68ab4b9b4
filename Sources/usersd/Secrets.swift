internal import Glibc

/// Keeps the secrets of the command line and of the environment from whoever lists processes, reads `/proc`, or finds
/// a core file. Call it when the options are read, and before another thread starts.
enum Secrets {
    static func hide() {
        let secrets = Options.all.filter(\.isSecret)
        for option in secrets {
            guard let value = getenv(option.environment) else { continue }
            explicit_bzero(value, strlen(value))
            unsetenv(option.environment)
        }
        var isValue = false
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            if isValue { cover(argument) }
            let text = String(cString: argument)
            isValue = secrets.contains { text == "--\($0.name)" }
            if let option = secrets.first(where: { text.hasPrefix("--\($0.name)=") }) {
                cover(argument + option.name.utf8.count + 3)
            }
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Keeps the length, so that the list of arguments stays one.
    private static func cover(_ text: UnsafeMutablePointer<CChar>) { memset(text, 0x78, strlen(text)) }
}
