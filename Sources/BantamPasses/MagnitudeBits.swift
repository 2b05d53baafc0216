import CBantamKernels

/// The bit patterns of floats of one width, with the loops that pruning runs over them.
///
/// With the sign bit off they are in the order of the magnitudes: zero first, infinity and then NaN last.
protocol MagnitudeBits: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable {
    /// Copies `source` with every magnitude below `threshold` replaced by 0.
    static func prune(
        _ source: UnsafeBufferPointer<Self>, below threshold: Self, into result: UnsafeMutablePointer<Self>)

    /// How many magnitudes are below `threshold`, and how many equal it.
    static func count(_ source: UnsafeBufferPointer<Self>, at threshold: Self) -> bantam_magnitude_counts

    /// Adds 1 to a count for each element whose magnitude shifted right by `shift + digits` is `prefix`: to the
    /// one at the `digits` bits from `shift` on, in any of four tables of 2^digits.
    static func tally(
        _ source: UnsafeBufferPointer<Self>, prefix: Self, shift: Int, digits: Int,
        _ counts: UnsafeMutablePointer<UInt32>)
}

extension MagnitudeBits {
    /// All bits but the sign.
    static var magnitudeMask: Self { max >> 1 }

    static func tally(
        _ source: UnsafeBufferPointer<Self>, prefix: Self, shift: Int, digits: Int,
        _ counts: UnsafeMutablePointer<UInt32>
    ) {
        if shift + digits == bitWidth {
            tallyFirst(source, shift: shift, tableSize: 1 << digits, counts)
            return
        }
        let mask = Self(truncatingIfNeeded: 1 << digits - 1)
        for index in source.indices {
            let key = source[index] & magnitudeMask
            guard key &>> Self(truncatingIfNeeded: shift + digits) == prefix else { continue }
            let digit = Int(truncatingIfNeeded: key &>> Self(truncatingIfNeeded: shift) & mask)
            counts[(index & 3) << digits | digit] &+= 1
        }
    }

    /// The first digit, of which nothing is known: every element counts.
    static func tallyFirst(
        _ source: UnsafeBufferPointer<Self>, shift: Int, tableSize: Int,
        _ counts: UnsafeMutablePointer<UInt32>
    ) {
        let shift = Self(truncatingIfNeeded: shift)
        let mask = magnitudeMask
        let (second, third) = (counts + tableSize, counts + 2 * tableSize)
        let fourth = counts + 3 * tableSize
        let whole = source.count & ~3
        var index = 0
        while index < whole {
            counts[Int(truncatingIfNeeded: (source[index] & mask) &>> shift)] &+= 1
            second[Int(truncatingIfNeeded: (source[index &+ 1] & mask) &>> shift)] &+= 1
            third[Int(truncatingIfNeeded: (source[index &+ 2] & mask) &>> shift)] &+= 1
            fourth[Int(truncatingIfNeeded: (source[index &+ 3] & mask) &>> shift)] &+= 1
            index &+= 4
        }
        while index < source.count {
            counts[Int(truncatingIfNeeded: (source[index] & mask) &>> shift)] &+= 1
            index &+= 1
        }
    }
}

extension UInt8: MagnitudeBits {
    static func prune(
        _ source: UnsafeBufferPointer<UInt8>, below threshold: UInt8,
        into result: UnsafeMutablePointer<UInt8>
    ) {
        bantam_prune_below_8(source.baseAddress, source.count, threshold, result)
    }

    static func count(
        _ source: UnsafeBufferPointer<UInt8>, at threshold: UInt8
    ) -> bantam_magnitude_counts {
        bantam_count_magnitudes_8(source.baseAddress, source.count, threshold)
    }
}

extension UInt16: MagnitudeBits {
    static func prune(
        _ source: UnsafeBufferPointer<UInt16>, below threshold: UInt16,
        into result: UnsafeMutablePointer<UInt16>
    ) {
        bantam_prune_below_16(source.baseAddress, source.count, threshold, result)
    }

    static func count(
        _ source: UnsafeBufferPointer<UInt16>, at threshold: UInt16
    ) -> bantam_magnitude_counts {
        bantam_count_magnitudes_16(source.baseAddress, source.count, threshold)
    }
}

extension UInt32: MagnitudeBits {
    static func prune(
        _ source: UnsafeBufferPointer<UInt32>, below threshold: UInt32,
        into result: UnsafeMutablePointer<UInt32>
    ) {
        bantam_prune_below_32(source.baseAddress, source.count, threshold, result)
    }

    static func count(
        _ source: UnsafeBufferPointer<UInt32>, at threshold: UInt32
    ) -> bantam_magnitude_counts {
        bantam_count_magnitudes_32(source.baseAddress, source.count, threshold)
    }

    static func tally(
        _ source: UnsafeBufferPointer<UInt32>, prefix: UInt32, shift: Int, digits: Int,
        _ counts: UnsafeMutablePointer<UInt32>
    ) {
        if shift == 0 {
            bantam_count_low_digits(source.baseAddress, source.count, prefix, counts)
        } else {
            tallyFirst(source, shift: shift, tableSize: 1 << digits, counts)
        }
    }
}

extension UInt64: MagnitudeBits {
    static func prune(
        _ source: UnsafeBufferPointer<UInt64>, below threshold: UInt64,
        into result: UnsafeMutablePointer<UInt64>
    ) {
        bantam_prune_below_64(source.baseAddress, source.count, threshold, result)
    }

    static func count(
        _ source: UnsafeBufferPointer<UInt64>, at threshold: UInt64
    ) -> bantam_magnitude_counts {
        bantam_count_magnitudes_64(source.baseAddress, source.count, threshold)
    }
}
