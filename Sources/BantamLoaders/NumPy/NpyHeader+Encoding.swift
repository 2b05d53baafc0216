import BantamTensors

extension NpyHeader {
    /// The header `numpy.save` writes for a C-ordered little-endian array, up to where the data begins.
    ///
    /// Version 1.0, or 2.0 if the dictionary is too long for it. The data begins at a multiple of 64 bytes.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if NumPy has no such dtype.
    static func encode(_ dtype: DType, _ shape: Shape) throws -> [UInt8] {
        let code = try NpyDescriptor.code(for: dtype)
        let axes = shape.axes.map(String.init)
        let tuple = axes.count == 1 ? "(\(axes[0]),)" : "(\(axes.joined(separator: ", ")))"
        var text = "{'descr': '\(code)', 'fortran_order': False, 'shape': \(tuple), }"
        // NumPy leaves room for the first axis to grow to 21 digits in place.
        if let first = axes.first { text += String(repeating: " ", count: max(0, 21 - first.utf8.count)) }

        var bytes = encode(text, version: 1)
        if bytes == nil { bytes = encode(text, version: 2) }
        guard let bytes, bytes.count <= maximumByteCount else {
            throw BantamError(.compatibility, "a shape of \(axes.count) axes is too long for an npy header")
        }
        return bytes
    }

    /// `nil` if the text is too long for the length field of `version`.
    private static func encode(_ text: String, version: UInt8) -> [UInt8]? {
        let prefix = magic.count + 2 + (version == 1 ? 2 : 4)
        // A full 64 spaces where none are needed: NumPy does the same.
        let padding = 64 - (prefix + text.utf8.count + 1) % 64
        let length = text.utf8.count + padding + 1
        var bytes = magic + [version, 0]
        if version == 1 {
            guard let short = UInt16(exactly: length) else { return nil }
            bytes.append(littleEndian: short)
        } else {
            guard let long = UInt32(exactly: length) else { return nil }
            bytes.append(littleEndian: long)
        }
        bytes += text.utf8
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
        return bytes
    }
}
