internal import JSON
internal import Storage

/// How Go writes ids and times (users.md §1.1).
extension JSONWriter {
    mutating func id(_ id: UUID) { plain { id.write(to: &$0) } }

    mutating func time(_ time: Timestamp) { plain { RFC3339.write(time, to: &$0) } }
}

/// RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// For moments from 1970 on.
    static func text(_ time: Timestamp) -> String {
        let text = Array(RFC3339.text(time))
        let weekday = Int(time.microseconds / 86_400_000_000 % 7)
        let month = months[(Int(String(text[5...6])) ?? 1) - 1]
        return "\(days[weekday]), \(String(text[8...9])) \(month) \(String(text[0...3])) \(String(text[11...18])) GMT"
    }
}

/// RFC 3339 with Go's habits: microseconds without trailing zeros, `Z`.
enum RFC3339 {
    static func text(_ time: Timestamp) -> String {
        var bytes: [UInt8] = []
        write(time, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ time: Timestamp, to text: inout [UInt8]) {
        let day = floorDivide(time.microseconds, 86_400_000_000)
        var rest = time.microseconds - day * 86_400_000_000
        let (year, month, dayOfMonth) = civil(day)
        append(year, digits: 4, to: &text)
        text.append(45)
        append(month, digits: 2, to: &text)
        text.append(45)
        append(dayOfMonth, digits: 2, to: &text)
        text.append(84)
        for (unit, separator) in [(3_600_000_000, UInt8(58)), (60_000_000, 58), (1_000_000, 0)] as [(Int64, UInt8)] {
            append(rest / unit, digits: 2, to: &text)
            if separator != 0 { text.append(separator) }
            rest %= unit
        }
        if rest > 0 {
            text.append(46)
            append(rest, digits: 6, to: &text)
            while text.last == 48 { text.removeLast() }
        }
        text.append(90)
    }

    /// A date, `T`, a time with up to nine digits behind the dot, and a zone. Rounded to the microsecond.
    static func parse(_ text: String) -> Timestamp? {
        var scanner = Scanner(Array(text.utf8))
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2), scanner.take("T") || scanner.take("t"), let hour = scanner.number(2),
            scanner.take(":"), let minute = scanner.number(2), scanner.take(":"), let second = scanner.number(2)
        else { return nil }
        guard 1...12 ~= month, day >= 1, day <= daysInMonth(month, year), hour < 24, minute < 60, second < 60 else {
            return nil
        }
        var microseconds: Int64 = 0
        if scanner.take(".") {
            guard let fraction = scanner.fraction() else { return nil }
            microseconds = fraction
        }
        guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
        let seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Timestamp(microseconds: seconds * 1_000_000 + microseconds)
    }

    private struct Scanner {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ character: Character) -> Bool {
            guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
            position += 1
            return true
        }

        mutating func number(_ digits: Int) -> Int64? {
            guard position + digits <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[position..<position + digits] {
                guard 48...57 ~= byte else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            position += digits
            return value
        }

        /// Microseconds, half away from zero as Go rounds.
        mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var digits = 0
            var roundsUp = false
            while position < bytes.count, 48...57 ~= bytes[position] {
                if digits < 6 { value = value * 10 + Int64(bytes[position] - 48) }
                if digits == 6 { roundsUp = bytes[position] >= 53 }
                digits += 1
                position += 1
            }
            guard digits > 0 else { return nil }
            for _ in digits..<max(digits, 6) { value *= 10 }
            return value + (roundsUp ? 1 : 0)
        }

        /// Seconds east of UTC.
        mutating func zone() -> Int64? {
            if take("Z") || take("z") { return 0 }
            let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else {
                return nil
            }
            return sign * (hour * 3600 + minute * 60)
        }
    }

    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(48 + value / divisor % 10))
            divisor /= 10
        }
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 to year, month, day, in the proleptic Gregorian calendar: years start in March, so that the
    /// leap day is the last of its year, and 400 years are one cycle of 146,097 days.
    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let cycle = floorDivide(shifted, 146_097)
        let dayOfCycle = shifted - cycle * 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let cycle = floorDivide(year, 400)
        let yearOfCycle = year - cycle * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
        return cycle * 146_097 + dayOfCycle - 719_468
    }
}
