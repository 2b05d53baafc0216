import BantamTensors

extension SafetensorsHeader {
    /// The header in `bytes`, with everything checked that it claims.
    ///
    /// Stricter than the reference implementation where the format's text is, or where two readers could see
    /// two different files: the header begins with `{`, only spaces follow it, no key occurs twice, a tensor's
    /// entry has its three keys and no others. Names that differ only in how Unicode spells the same letters
    /// are refused too, because Swift takes them for equal.
    ///
    /// - Parameters:
    ///   - bytes: the JSON without the eight bytes before it.
    ///   - dataByteCount: how many bytes follow the header in the file.
    /// - Throws: ``BantamError``, with the tensor where one is at fault: `corruption` where the header breaks a
    ///   rule, `insufficientData` where a tensor ends after the file, `compatibility` for a dtype that this
    ///   version does not know.
    /// - Complexity: O(bytes + n log n) for n tensors.
    public init(parsing bytes: UnsafeRawBufferPointer, dataByteCount: Int) throws {
        var items: [Item] = []
        var metadata: [(key: String, value: String)]?
        // An entry is checked as it is read, so that a hostile header takes no more memory than an honest one. An
        // array can only be a shape, and the limit on its length is far from any real one.
        var parser = JSONParser(bytes: try Self.withoutPadding(bytes), depthLimit: 64, arrayLimit: 1 << 16)
        try parser.forEachMember { parser, key in
            if key == Self.metadataKey {
                metadata = try Self.texts(parser.value())
            } else {
                try locating(tensor: key) {
                    items.append(try Self.item(key, parser.value(), dataByteCount: dataByteCount))
                }
            }
        }
        try parser.finish()
        self.items = items
        self.metadata = metadata
        try checkNames()
        try checkCoverage(dataByteCount: dataByteCount)
    }

    /// The JSON object, without the spaces after it.
    private static func withoutPadding(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
        guard let first = bytes.first else { throw BantamError(.corruption, "the header is empty") }
        guard first == UInt8(ascii: "{") else {
            throw BantamError(
                .corruption, "expected a header that begins with '{' (123), found byte \(first)")
        }
        var end = bytes.count
        while bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        if let blank = Optional(bytes[end - 1]), blank == 0x09 || blank == 0x0a || blank == 0x0d {
            throw BantamError(.corruption, "expected only spaces after the header, found byte \(blank)")
        }
        return UnsafeRawBufferPointer(rebasing: bytes[..<end])
    }

    private static func texts(_ json: JSON) throws -> [(key: String, value: String)] {
        guard let members = json.objectValue else {
            throw BantamError(.corruption, "expected '\(metadataKey)' to be an object, found \(json.kind)")
        }
        return try members.map { member in
            guard let text = member.value.stringValue else {
                throw BantamError(
                    .corruption,
                    "expected the metadata '\(member.key)' to be a string, found \(member.value.kind)")
            }
            return (member.key, text)
        }
    }

    private static func item(_ name: String, _ json: JSON, dataByteCount: Int) throws -> Item {
        guard let members = json.objectValue else {
            throw BantamError(
                .corruption, "expected an object with dtype, shape and data_offsets, found \(json.kind)")
        }
        var fields: (dtype: JSON?, shape: JSON?, range: JSON?)
        for member in members {
            switch member.key {
            case "dtype": fields.dtype = member.value
            case "shape": fields.shape = member.value
            case "data_offsets": fields.range = member.value
            default:
                throw BantamError(
                    .corruption, "expected only dtype, shape and data_offsets, found '\(member.key)'")
            }
        }
        let dtype = try dtype(try present(fields.dtype, "dtype"))
        let shape = try shape(try present(fields.shape, "shape"))
        let range = try range(try present(fields.range, "data_offsets"), dataByteCount: dataByteCount)
        guard let byteCount = Tensor.byteCount(dtype, shape) else {
            throw BantamError(
                .corruption,
                "\(shape.elementCount) elements of \(dtype.bitWidth) bits do not fill whole bytes")
        }
        guard range.count == byteCount else {
            throw BantamError(
                .corruption,
                "expected \(byteCount) bytes for \(dtype.rawValue) \(shape), found data_offsets of \(range.count)"
            )
        }
        return Item(TensorEntry(name: name, dtype: dtype, shape: shape), range)
    }

    private static func present(_ value: JSON?, _ key: String) throws -> JSON {
        guard let value else { throw BantamError(.corruption, "\(key) is missing") }
        return value
    }

    private static func dtype(_ json: JSON) throws -> DType {
        guard let name = json.stringValue else {
            throw BantamError(.corruption, "expected dtype to be a string, found \(json.kind)")
        }
        guard let dtype = SafetensorsDType.dtype(named: name) else {
            throw BantamError(.compatibility, "the dtype '\(name)' is not known")
        }
        return dtype
    }

    private static func shape(_ json: JSON) throws -> Shape {
        let axes = try naturals(json, "shape")
        guard let shape = Shape(checking: axes) else {
            throw BantamError(.corruption, "the shape \(axes) has more elements than can be counted")
        }
        return shape
    }

    private static func range(_ json: JSON, dataByteCount: Int) throws -> Range<Int> {
        let offsets = try naturals(json, "data_offsets")
        guard offsets.count == 2 else {
            throw BantamError(.corruption, "expected two data_offsets, found \(offsets.count)")
        }
        guard offsets[0] <= offsets[1] else {
            throw BantamError(
                .corruption, "data_offsets begin at \(offsets[0]), after their end at \(offsets[1])")
        }
        guard offsets[1] <= dataByteCount else {
            throw BantamError(
                .insufficientData,
                "data_offsets end at \(offsets[1]), but the file has only \(dataByteCount) bytes of data")
        }
        return offsets[0]..<offsets[1]
    }

    private static func naturals(_ json: JSON, _ key: String) throws -> [Int] {
        guard let elements = json.arrayValue else {
            throw BantamError(.corruption, "expected \(key) to be an array, found \(json.kind)")
        }
        return try elements.map {
            guard let value = $0.integerValue else {
                throw BantamError(.corruption, "expected \(key) to hold integers, found \($0.kind)")
            }
            guard value >= 0 else {
                throw BantamError(.corruption, "expected \(key) of 0 or more, found \(value)")
            }
            return value
        }
    }

    private func checkNames() throws {
        var names: Set<String> = []
        for item in items where !names.insert(item.entry.name).inserted {
            throw BantamError(
                .compatibility, tensor: item.entry.name,
                "another tensor's name differs only in how Unicode spells the same letters")
        }
    }

    /// Every byte of the data section belongs to exactly one tensor.
    private func checkCoverage(dataByteCount: Int) throws {
        let byPlace = items.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var end = 0
        for item in byPlace {
            let begin = item.range.lowerBound
            guard begin <= end else {
                throw BantamError(
                    .corruption, tensor: item.entry.name,
                    "a hole in the data: expected data_offsets to begin at \(end), found \(begin)")
            }
            guard begin == end else {
                throw BantamError(
                    .corruption, tensor: item.entry.name,
                    "shares bytes with another tensor: expected data_offsets to begin at \(end), found \(begin)"
                )
            }
            end = item.range.upperBound
        }
        guard end == dataByteCount else {
            throw BantamError(
                .corruption,
                "expected \(end) bytes of data for the tensors of the header, found \(dataByteCount)")
        }
    }
}
