import BantamTensors

extension JSON {
    /// The document in `bytes`, by the letter of RFC 8259 and stricter where that leaves room.
    ///
    /// Refused are also: keys that occur twice in one object, text that is not UTF-8, surrogates without their
    /// partner, integers outside `Int`, numbers outside `Double`, a byte order mark, anything after the
    /// document but blanks.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - leadingBlanks: whether blanks may stand before the document.
    ///   - depthLimit: how deep arrays and objects may nest.
    /// - Throws: ``BantamError`` of kind `corruption` that gives the position in `bytes`.
    /// - Complexity: O(bytes).
    public init(
        parsing bytes: UnsafeRawBufferPointer, leadingBlanks: Bool = true, depthLimit: Int = 64
    ) throws {
        var parser = JSONParser(bytes: bytes, depthLimit: depthLimit)
        if leadingBlanks { parser.skipBlanks() }
        self = try parser.value()
        try parser.finish()
    }

    /// The document in `text`; see ``init(parsing:leadingBlanks:depthLimit:)``.
    public init(parsing text: String, depthLimit: Int = 64) throws {
        var text = text
        self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0), depthLimit: depthLimit) }
    }
}
