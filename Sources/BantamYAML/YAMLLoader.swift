// Why: Yams, when it meets equal keys, sorts them by comparing whole subtrees both ways at every level: three hundred
// bytes keep it busy for years. So the events of its libyaml are put together here, where keys are plain texts and
// nothing is compared that is not one. It is also the place that knows an anchor from an ampersand.

internal import CYaml
import BantamTensors

/// Reads one YAML document.
struct YAMLLoader: ~Copyable {
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let file: String

    /// How deep lists and mappings may nest: more than any network does.
    private static let depthLimit = 64

    /// The document in `text`.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` with the line.
    static func document(in text: String, file: String) throws -> YAMLValue {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { try YAMLLoader(file: file).document($0) }
    }

    private init(file: String) {
        self.file = file
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("out of memory") }
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private borrowing func document(_ text: UnsafeBufferPointer<UInt8>) throws -> YAMLValue {
        // Named, so that no byte order mark decides; an empty text needs an address too.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        let empty: [UInt8] = [0]
        return try empty.withUnsafeBufferPointer { empty in
            yaml_parser_set_input_string(parser, text.baseAddress ?? empty.baseAddress, text.count)
            _ = try next()
            guard case .documentStart = try next().kind else {
                throw BantamError(.corruption, file: file, "expected a YAML document, found nothing")
            }
            let root = try value(try next(), depth: 0)
            _ = try next()
            let last = try next()
            guard case .streamEnd = last.kind else {
                throw fault(last.line, "expected one YAML document, found another")
            }
            return root
        }
    }

    private borrowing func value(_ event: Event, depth: Int) throws -> YAMLValue {
        guard !event.isAnchored else { throw fault(event.line, "YAML anchors are not allowed here") }
        guard depth <= YAMLLoader.depthLimit else {
            throw fault(event.line, "expected lists and mappings at most \(YAMLLoader.depthLimit) deep")
        }
        switch event.kind {
        case .scalar(let text): return YAMLValue(.scalar(text), file: file, line: event.line)
        case .listStart:
            var items: [YAMLValue] = []
            while case let item = try next(), !item.isEnd { items.append(try value(item, depth: depth + 1)) }
            return YAMLValue(.list(items), file: file, line: event.line)
        case .mappingStart: return try mapping(from: event, depth: depth)
        case .documentStart, .streamEnd, .end, .other:
            throw BantamError(
                .internal, file: file, "line \(event.line): an unexpected event of the YAML parser")
        }
    }

    private borrowing func mapping(from event: Event, depth: Int) throws -> YAMLValue {
        var pairs: [(key: String, value: YAMLValue)] = []
        var lines: [String: Int] = [:]
        while case let first = try next(), !first.isEnd {
            let key = try value(first, depth: depth + 1)
            guard let name = key.scalar else { throw key.error("expected plain keys, found \(key.kind)") }
            if let line = lines.updateValue(first.line, forKey: name) {
                throw fault(line, "duplicate key '\(name)'")
            }
            pairs.append((name, try value(try next(), depth: depth + 1)))
        }
        return YAMLValue(.mapping(pairs), file: file, line: event.line)
    }

    private func fault(_ line: Int, _ message: String) -> BantamError {
        BantamError(.corruption, file: file, "line \(line): \(message)")
    }

    /// What comes next in the text.
    private borrowing func next() throws -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not readable"
            if parser.pointee.error == YAML_READER_ERROR {
                throw BantamError(.corruption, file: file, "not YAML: \(problem)")
            }
            throw fault(Int(parser.pointee.problem_mark.line) + 1, "not YAML: \(problem)")
        }
        defer { yaml_event_delete(&event) }
        return Event(event)
    }
}

/// An event of libyaml, as far as it matters here.
private struct Event {
    enum Kind {
        case documentStart, streamEnd, listStart, mappingStart, end, other
        case scalar(String)
    }

    let kind: Kind
    let line: Int
    /// Whether it has an anchor or is an alias.
    let isAnchored: Bool

    var isEnd: Bool { if case .end = kind { true } else { false } }

    init(_ event: yaml_event_t) {
        line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: (kind, isAnchored) = (.documentStart, false)
        case YAML_STREAM_END_EVENT: (kind, isAnchored) = (.streamEnd, false)
        case YAML_SEQUENCE_START_EVENT:
            (kind, isAnchored) = (.listStart, event.data.sequence_start.anchor != nil)
        case YAML_MAPPING_START_EVENT:
            (kind, isAnchored) = (.mappingStart, event.data.mapping_start.anchor != nil)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: (kind, isAnchored) = (.end, false)
        case YAML_ALIAS_EVENT: (kind, isAnchored) = (.other, true)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            (kind, isAnchored) = (.scalar(String(decoding: bytes, as: UTF8.self)), scalar.anchor != nil)
        default: (kind, isAnchored) = (.other, false)
        }
    }
}
