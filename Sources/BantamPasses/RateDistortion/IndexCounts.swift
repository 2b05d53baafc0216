// Why: tables and centroids are made from what a search found.

import BantamEncodings
import CBantamKernels
import Glibc

/// How often each magnitude of an index stood in each class under each quantizer, and how far values lay from the
/// levels they were given. Sums of integers, so the order in which parts are added does not matter.
final class IndexCounts: @unchecked Sendable {
    static let magnitudeCount = Int(BANTAM_TRELLIS_RATES)
    static let offsetCount = Int(BANTAM_TRELLIS_OFFSETS)

    let statistics: UnsafeMutablePointer<bantam_trellis_statistics>

    init() {
        statistics = .allocate(capacity: 1)
        memset(statistics, 0, MemoryLayout<bantam_trellis_statistics>.size)
    }

    deinit { statistics.deallocate() }

    /// The counts by magnitude of a class under a quantizer.
    func counts(class: Int, quantizer: Int) -> UnsafeMutableBufferPointer<UInt32> {
        let all = UnsafeMutableRawPointer(statistics).assumingMemoryBound(to: UInt32.self)
        return UnsafeMutableBufferPointer(
            start: all + (2 * `class` + quantizer) * IndexCounts.magnitudeCount,
            count: IndexCounts.magnitudeCount)
    }

    /// Mean distance of values beyond the magnitude of their level, in steps, by quantizer and magnitude up to 7.
    var centroids: [[Float]] {
        withUnsafeBytes(of: statistics.pointee.residuals) { residuals in
            withUnsafeBytes(of: statistics.pointee.numbers) { numbers in
                let sums = residuals.bindMemory(to: Int64.self)
                let numbers = numbers.bindMemory(to: UInt64.self)
                return (0..<2).map { quantizer in
                    (0..<IndexCounts.offsetCount).map { magnitude in
                        let place = quantizer * IndexCounts.offsetCount + magnitude
                        guard magnitude > 0, numbers[place] > 0 else { return 0 }
                        return Float(Double(sums[place]) / Double(numbers[place]) / 65536)
                    }
                }
            }
        }
    }

    /// The sum of squared errors in squares of a step.
    var distortion: Double { Double(statistics.pointee.distortion) / 65536 }

    /// Adds what another part of the data gave.
    func add(_ other: IndexCounts) { bantam_trellis_add(statistics, other.statistics) }
}
