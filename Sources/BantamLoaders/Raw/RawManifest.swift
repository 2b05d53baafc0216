// Files of bare numbers say nothing about themselves; a manifest in JSON beside them does.

import BantamTensors

/// `{"tensors": [{"name": "fc1.weight", "file": "fc1.weight.bin", "dtype": "float32", "shape": [300, 64]}]}`,
/// with `offset` (bytes, 0) and `byte_order` (`little`) where they are needed.
struct RawManifest {
    /// One tensor: the file it is in, relative to the manifest, and what it is there.
    struct Item {
        /// The tensor's name.
        var name: String
        /// The file, relative to the manifest's folder.
        var file: String
        /// What the numbers are; its name is not used.
        var layout: RawLayout
    }

    /// The tensors in their order.
    var items: [Item]

    /// A manifest of tensors.
    init(_ items: [Item]) { self.items = items }

    /// Reads a manifest.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` for unknown, missing, repeated or impossible values and
    ///   for paths that leave the folder, `compatibility` for an unknown dtype.
    init(parsing bytes: UnsafeRawBufferPointer) throws {
        let document = try JSON(parsing: bytes)
        try RawManifest.checkKeys(of: document, required: ["tensors"], optional: [])
        guard let tensors = document["tensors"]?.arrayValue else {
            throw RawManifest.fault("'tensors' to be an array", document["tensors"])
        }
        var names: Set<ExactString> = []
        items = try tensors.enumerated().map { index, tensor in
            // Before it has a name a tensor is known by its number.
            let name = tensor["name"]?.stringValue
            return try locating(tensor: name ?? "#\(index)") {
                let item = try RawManifest.item(tensor)
                guard names.insert(ExactString(item.name)).inserted else {
                    throw BantamError(.corruption, "manifest: the name occurs twice")
                }
                return item
            }
        }
    }

    /// The manifest as JSON, a line for each tensor.
    func encoded() -> [UInt8] {
        let lines = items.map { item in
            let layout = item.layout
            var members: [JSON.Member] = [
                .init("name", .string(item.name)), .init("file", .string(item.file)),
                .init("dtype", .string(layout.dtype.rawValue)),
                .init("shape", .array(layout.shape.axes.map(JSON.integer))),
            ]
            if layout.offset != 0 { members.append(.init("offset", .integer(layout.offset))) }
            members.append(.init("byte_order", .string(layout.byteOrder.rawValue)))
            return JSON.object(members).text
        }
        return Array("{\"tensors\": [\n\(lines.joined(separator: ",\n"))\n]}\n".utf8)
    }

    private static func item(_ json: JSON) throws -> Item {
        try checkKeys(
            of: json, required: ["name", "file", "dtype", "shape"], optional: ["offset", "byte_order"])
        guard let name = json["name"]?.stringValue, !name.isEmpty else {
            throw fault("'name' to be a text", json["name"])
        }
        guard let file = json["file"]?.stringValue else { throw fault("'file' to be a text", json["file"]) }
        let parts = file.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), !file.utf8.contains(0) else {
            throw BantamError(
                .corruption, "manifest: expected 'file' to be a path inside the folder, found '\(file)'")
        }
        guard let dtypeName = json["dtype"]?.stringValue else {
            throw fault("'dtype' to be a text", json["dtype"])
        }
        guard let dtype = DType(rawValue: dtypeName) else {
            throw BantamError(.compatibility, "manifest: the dtype '\(dtypeName)' is not known")
        }
        let axes = json["shape"]?.arrayValue?.map(\.integerValue) ?? [nil]
        guard !axes.contains(nil), let shape = Shape(checking: axes.compactMap { $0 }) else {
            throw fault("'shape' to be an array of lengths", json["shape"])
        }
        let offset = json["offset"] ?? .integer(0)
        guard let offset = offset.integerValue, offset >= 0 else {
            throw fault("'offset' to be a number of bytes", json["offset"])
        }
        let orderName = json["byte_order"] ?? .string(ByteOrder.little.rawValue)
        guard let byteOrder = orderName.stringValue.flatMap(ByteOrder.init(rawValue:)) else {
            throw fault("'byte_order' to be little or big", json["byte_order"])
        }
        return Item(
            name: name, file: file,
            layout: RawLayout(dtype: dtype, shape: shape, offset: offset, byteOrder: byteOrder))
    }

    private static func checkKeys(of json: JSON, required: [String], optional: [String]) throws {
        guard let members = json.objectValue else { throw fault("an object", json) }
        let known = (required + optional).map(ExactString.init)
        if let member = members.first(where: { !known.contains(ExactString($0.key)) }) {
            throw BantamError(
                .corruption,
                "manifest: expected the keys \((required + optional).joined(separator: ", ")), "
                    + "found '\(member.key)'")
        }
        for key in required where json[key] == nil {
            throw BantamError(.corruption, "manifest: expected the key '\(key)', found none")
        }
    }

    private static func fault(_ expected: String, _ found: JSON?) -> BantamError {
        let text = found.map(\.text) ?? "none"
        let shown = text.count > 60 ? text.prefix(60) + "…" : text[...]
        return BantamError(.corruption, "manifest: expected \(expected), found \(shown)")
    }
}
