internal import CCurl

/// The library, which is loaded by the first look at it.
public enum Curl {
    /// Why it cannot be used; nil when it can.
    public static let fault: String? = {
        if let fault = curl_load() { return String(cString: fault) }
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        return code == CURLE_OK ? nil : String(cString: curl_easy_strerror(code))
    }()
}

/// One exchange with another host through libcurl: bounded in time and size, no redirects. It blocks, so it runs on
/// a thread of its own. The only file that calls `curl_*`.
struct Transfer: ~Copyable {
    struct Failure: Error, CustomStringConvertible {
        /// For the log; holds no secret.
        let description: String
        /// Whether trying again may help.
        let isTransient: Bool
    }

    private let handle: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>?] = []

    private static let connectSeconds = 5
    private static let totalSeconds = 20

    init?() {
        guard Curl.fault == nil, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        curl_set_number(handle, CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
        curl_set_number(handle, CURLOPT_TIMEOUT, Self.totalSeconds)
        curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
    }

    deinit {
        for list in lists { curl_slist_free_all(list) }
        curl_easy_cleanup(handle)
    }

    func set(_ option: CURLoption, _ text: String) { curl_set_text(handle, option, text) }

    func set(_ option: CURLoption, _ number: Int) { curl_set_number(handle, option, number) }

    mutating func set(_ option: CURLoption, _ texts: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for text in texts { list = curl_slist_append(list, text) }
        lists.append(list)
        curl_set_list(handle, option, list)
    }

    /// What is being sent, and how far; what has come, and how much may.
    private final class Exchange {
        let upload: [UInt8]
        var sent = 0
        let limit: Int
        var head: [String] = []
        var body: [UInt8] = []
        var isTooLarge = false

        init(_ upload: [UInt8], limit: Int) {
            self.upload = upload
            self.limit = limit
        }

        static func of(_ context: UnsafeMutableRawPointer) -> Exchange {
            Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        }
    }

    /// The last status that the other side sent, its header lines and its body.
    struct Answer {
        let status: Int
        let head: [String]
        let body: [UInt8]
    }

    /// Sends `bytes` and waits for the answer.
    /// - Parameter limit: bytes of the answer's body.
    func perform(sending bytes: [UInt8], limit: Int = 1 << 16) throws(Failure) -> Answer {
        let exchange = Exchange(bytes, limit: limit)
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        for option in [CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
            curl_set_pointer(handle, option, context)
        }
        curl_set_transfer(handle, CURLOPT_READFUNCTION) { buffer, size, count, context in
            guard let buffer, let context else { return 0 }
            let exchange = Exchange.of(context)
            let length = min(size * count, exchange.upload.count - exchange.sent)
            for offset in 0..<length { buffer[offset] = CChar(bitPattern: exchange.upload[exchange.sent + offset]) }
            exchange.sent += length
            return length
        }
        curl_set_transfer(handle, CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
            guard let buffer, let context else { return 0 }
            let exchange = Exchange.of(context)
            exchange.isTooLarge = exchange.body.count + size * count > exchange.limit
            // A short count makes libcurl give up.
            guard !exchange.isTooLarge else { return 0 }
            exchange.body += UnsafeRawBufferPointer(start: buffer, count: size * count)
            return size * count
        }
        curl_set_transfer(handle, CURLOPT_HEADERFUNCTION) { buffer, size, count, context in
            guard let buffer, let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: buffer, count: size * count)
            Exchange.of(context).head.append(String(decoding: line, as: UTF8.self))
            return size * count
        }
        let code = withExtendedLifetime(exchange) { curl_easy_perform(handle) }
        var status = 0
        curl_status(handle, &status)
        if exchange.isTooLarge { throw Failure(description: "an answer of over \(limit) bytes", isTransient: false) }
        guard code == CURLE_OK else {
            throw Failure(
                description: "\(String(cString: curl_easy_strerror(code)))\(status > 0 ? " (status \(status))" : "")",
                isTransient: code != CURLE_LOGIN_DENIED && code != CURLE_URL_MALFORMAT
                    && code != CURLE_PEER_FAILED_VERIFICATION && !(500...599 ~= status && code == CURLE_SEND_ERROR))
        }
        return Answer(status: status, head: exchange.head, body: exchange.body)
    }
}
