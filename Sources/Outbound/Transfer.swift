internal import CCurl

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
    private static let initialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init?() {
        guard Self.initialized, let handle = curl_easy_init() else { return nil }
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

    /// What is being sent, and how far.
    private final class Upload {
        let bytes: [UInt8]
        var sent = 0
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// Sends `bytes` and waits for the answer, whose body is dropped.
    /// - Returns: the last status that the other side sent.
    func perform(sending bytes: [UInt8]) throws(Failure) -> Int {
        let upload = Upload(bytes)
        curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(upload).toOpaque())
        curl_set_transfer(handle, CURLOPT_READFUNCTION) { buffer, size, count, context in
            guard let buffer, let context else { return 0 }
            let upload = Unmanaged<Upload>.fromOpaque(context).takeUnretainedValue()
            let length = min(size * count, upload.bytes.count - upload.sent)
            for offset in 0..<length { buffer[offset] = CChar(bitPattern: upload.bytes[upload.sent + offset]) }
            upload.sent += length
            return length
        }
        curl_set_transfer(handle, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
        let code = withExtendedLifetime(upload) { curl_easy_perform(handle) }
        var status = 0
        curl_status(handle, &status)
        guard code == CURLE_OK else {
            throw Failure(
                description: "\(String(cString: curl_easy_strerror(code)))\(status > 0 ? " (status \(status))" : "")",
                isTransient: code != CURLE_LOGIN_DENIED && code != CURLE_URL_MALFORMAT
                    && code != CURLE_PEER_FAILED_VERIFICATION && !(500...599 ~= status && code == CURLE_SEND_ERROR))
        }
        return status
    }
}
