import Bantam
import FuzzHarness

/// A trellis-coded tensor from its two parts, as ``TrellisCoded`` gets them from an archive but for checksums.
///
/// The input is a byte that says the rank (its low two bits) and how often the first axis is doubled (the others), two
/// bytes each for the first axis, the second, and the bytes of the tables, little-endian; then the tables and the
/// indices. At every level of the kernels all elements must come to the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    guard count >= 7 else { return -1 }
    func number(at place: Int) -> Int { Int(input[place]) | Int(input[place + 1]) << 8 }
    let axes = [number(at: 1) << Int(input[0] >> 2), number(at: 3), 3].prefix(Int(input[0] & 3))
    guard let shape = Shape(checking: Array(axes)) else { return -1 }
    let tables = input[7...].prefix(number(at: 5))
    let indices = input[(7 + tables.count)...]
    return Harness.check {
        let coded = try TrellisCoded(
            validating: shape, indices: Tensor(.uint8, [indices.count], Array(indices)),
            tables: Tensor(.uint8, [tables.count], Array(tables)))
        // An archive holds no trellis-coded tensor that is this much larger than its bytes.
        guard shape.elementCount <= 1 << 18 else { return }
        let outcome = Levels.same { Outcome(of: coded) }
        if case .refused(let error) = outcome { throw error }
    }
}

/// The elements' bits, or why there are none.
private enum Outcome: Equatable {
    case elements([UInt32])
    case refused(BantamError)

    init(of coded: TrellisCoded) {
        do {
            self = .elements(try coded.decoded(workers: .one).array(as: Float.self).map(\.bitPattern))
        } catch let error as BantamError {
            self = .refused(error)
        } catch {
            fatalError("expected a BantamError, found \(error)")
        }
    }

    static func == (one: Outcome, other: Outcome) -> Bool {
        switch (one, other) {
        case (.elements(let elements), .elements(let others)): elements == others
        case (.refused(let error), .refused(let another)): error.description == another.description
        default: false
        }
    }
}
