import BantamTensors
import BantamYAML

/// One layer as it stands in the file: its name and what is written beside it.
///
/// A layer is a bare name (`- relu`) or a mapping of its name to its options (`- linear: {weight: w}`).
struct LayerOptions {
    let place: LayerPlace
    private let depth: Int
    private let body: YAMLValue?
    private var entries: [String: YAMLValue] = [:]

    /// Reads the name of a layer.
    ///
    /// - Parameter depth: the number of residual layers around this one.
    init(_ value: YAMLValue, number: String, depth: Int) throws {
        let name: String
        if let scalar = value.scalar {
            name = scalar
            body = nil
        } else {
            let pairs = try value.pairs(of: "layer \(number)")
            guard pairs.count == 1 else {
                throw value.error("layer \(number): expected one layer name, found \(pairs.count) keys")
            }
            name = pairs[0].key
            let isEmpty = ["", "~", "null"].contains(pairs[0].value.scalar)
            body = isEmpty ? nil : pairs[0].value
        }
        place = LayerPlace(file: value.file, line: value.line, number: number, name: name)
        self.depth = depth
    }

    /// These options once it is certain that no others than `keys` are there.
    func allowing(_ keys: Set<String>) throws -> LayerOptions {
        var options = self
        guard let body else { return options }
        guard !keys.isEmpty else { throw place.error("expected no options, found \(body.kind)") }
        options.entries = try body.mapping(of: place.title, keys: keys)
        return options
    }

    /// The name of a tensor, which must be given.
    func tensor(_ key: String) throws -> String {
        guard let name = try optionalTensor(key) else { throw place.error("expected the key '\(key)'") }
        return name
    }

    /// The name of a tensor.
    func optionalTensor(_ key: String) throws -> String? {
        guard let value = entries[key] else { return nil }
        let name = try value.string("'\(key)' of \(place.title), a tensor's name")
        guard !name.isEmpty else { throw place.error("expected a tensor's name for '\(key)', found nothing") }
        return name
    }

    /// A whole number of at least `lowest`.
    func int(_ key: String, default fallback: Int, from lowest: Int) throws -> Int {
        try entries[key]?.int("'\(key)' of \(place.title)", in: lowest...Limits.option) ?? fallback
    }

    /// Two whole numbers for height and width, or one for both; `nil` if the key is not there.
    func pair(_ key: String, from lowest: Int) throws -> Pair? {
        guard let value = entries[key] else { return nil }
        let what = "'\(key)' of \(place.title)"
        guard value.isList else {
            let number = try value.int(what, in: lowest...Limits.option)
            return Pair(number, number)
        }
        let numbers = try value.list(of: what).map { try $0.int(what, in: lowest...Limits.option) }
        guard numbers.count == 2 else {
            throw value.error("expected \(what) as a number or a pair, found \(numbers.count) numbers")
        }
        return Pair(numbers[0], numbers[1])
    }

    /// A finite number within `range`.
    func number(_ key: String, default fallback: Double, in range: ClosedRange<Double>) throws -> Double {
        try entries[key]?.double("'\(key)' of \(place.title)", in: range) ?? fallback
    }

    /// One of `choices`, the first if the key is not there.
    func choice(_ key: String, _ choices: [String]) throws -> String {
        guard let value = entries[key] else { return choices[0] }
        guard let text = value.scalar, choices.contains(text) else {
            throw value.error(
                "expected '\(key)' of \(place.title) among \(choices.joined(separator: ", ")), found \(value.kind)"
            )
        }
        return text
    }

    /// The layers listed beside the name.
    func layers() throws -> [any Layer] {
        guard depth < Limits.depth else {
            throw place.error("expected at most \(Limits.depth) residual layers within each other")
        }
        guard let body else { throw place.error("expected a list of layers") }
        return try body.list(of: "layers in \(place.title)").enumerated().map {
            try LayerOptions($1, number: "\(place.number).\($0 + 1)", depth: depth + 1).layer()
        }
    }

    /// The embedding these options describe; `nil` if they describe another layer.
    func embedding() throws -> Embedding? { place.name == "embedding" ? try Embedding(self) : nil }

    /// The layer these options describe.
    func layer() throws -> any Layer {
        switch place.name {
        case "linear": try Linear(self)
        case "conv2d": try Convolution(self)
        case "max_pool2d": try Pooling(.maximum, self)
        case "avg_pool2d": try Pooling(.average, self)
        case "global_avg_pool2d": try GlobalAveragePooling(self)
        case "mean_pool": try MeanPooling(self)
        case "batch_norm": try BatchNormalization(self)
        case "layer_norm": try LayerNormalization(self)
        case "flatten": try Flatten(self)
        case "relu": try Activation(.relu, self)
        case "leaky_relu": try Activation(.leakyReLU, self)
        case "gelu": try Activation(.gelu, self)
        case "silu": try Activation(.silu, self)
        case "tanh": try Activation(.tanh, self)
        case "sigmoid": try Activation(.sigmoid, self)
        case "softmax": try Softmax(self)
        case "residual": try Residual(self)
        case "embedding": throw place.error("expected an embedding as the first layer only: it takes ids")
        default: throw place.error("unknown layer")
        }
    }
}

/// Height and width of something.
struct Pair: Sendable, Equatable {
    var height: Int
    var width: Int

    init(_ height: Int, _ width: Int) {
        self.height = height
        self.width = width
    }
}
