// Why: in a bitmask every bit is an element of its own; bytes hide their neighbours from each other.

/// Codes bytes as eight bits, the lowest first, each after its neighbours.
struct BitModel: ~Copyable {
    private let columns: Int
    private var mixer: ContextMixer
    private let rowAbove: UnsafeMutablePointer<UInt8>
    private let densities: UnsafeMutablePointer<Int32>
    private var column: Int
    private var recent: UInt32 = 0
    private var share: Int32 = 32768, recentShare: Int32 = 32768

    /// - Parameter columns: bytes of a row, 0 if unknown.
    init(_ form: MaxForm, columns: Int, first: Int, count: Int) {
        self.columns = columns > 0 && columns <= count ? columns : 1
        column = first % self.columns
        mixer = ContextMixer(form, elements: count)
        rowAbove = .allocate(capacity: self.columns)
        rowAbove.initialize(repeating: 0, count: self.columns)
        densities = .allocate(capacity: self.columns * 8)
        densities.initialize(repeating: 32768, count: self.columns * 8)
    }

    deinit {
        rowAbove.deallocate()
        densities.deallocate()
    }

    /// Codes eight bits.
    mutating func code<Coder: BinaryCoder>(_ element: UInt64, with coder: inout Coder) -> UInt64 {
        let above = UInt32(rowAbove[column])
        let contexts = mixer.contexts
        var result: UInt64 = 0
        for index in 0..<8 {
            let density = densities + (column &* 8 &+ index)
            let dense = UInt32(bitPattern: density[0] &>> 11)
            let overall = UInt32(bitPattern: share &>> 11)
            let near = (above &<< 1) &>> UInt32(truncatingIfNeeded: index) & 7
            contexts[0] = overall &<< 5 | dense
            contexts[1] = recent & 0xff
            contexts[2] = UInt32(bitPattern: recentShare &>> 11) &<< 5 | dense
            contexts[3] = recent & 0xffff
            contexts[4] = UInt32(truncatingIfNeeded: column &<< 3 | index)
            contexts[5] = near &<< 4 | recent & 15
            let bit = Int(truncatingIfNeeded: element &>> UInt64(index)) & 1
            let coded = mixer.code(
                bit, relative: 0, absolute: 0, last: 0, selectors: (index, Int(overall)), with: &coder)
            result |= UInt64(truncatingIfNeeded: coded) &<< UInt64(index)
            recent = recent &<< 1 | UInt32(truncatingIfNeeded: coded)
            let goal: Int32 = coded != 0 ? 65535 : 0
            density[0] = density[0] &+ (goal &- density[0]) / 16
            share = share &+ (goal &- share) / 128
            recentShare = recentShare &+ (goal &- recentShare) / 16
        }
        rowAbove[column] = UInt8(truncatingIfNeeded: result)
        column = column &+ 1
        if column == columns { column = 0 }
        return result
    }
}
