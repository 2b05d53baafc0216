/// A string that equals another only if their bytes are equal.
///
/// Swift's own strings are equal when they look the same, so `é` as one scalar equals `e` with an accent, and
/// the Kelvin sign equals `K`. In a file these are different names.
struct ExactString: Hashable, Comparable {
    let string: String

    init(_ string: String) { self.string = string }

    static func == (a: ExactString, b: ExactString) -> Bool { a.string.utf8.elementsEqual(b.string.utf8) }

    /// In the order of the bytes, which is that of the Unicode scalars.
    static func < (a: ExactString, b: ExactString) -> Bool {
        a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var copy = string
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
