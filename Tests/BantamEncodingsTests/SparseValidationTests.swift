import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

/// One test for each way a file can lie about a sparse or low-rank tensor.
@Suite struct SparseValidationTests {
    private static func values(_ count: Int) -> Encoding {
        .dense(Tensor(.float32, [count], [Float](repeating: 1, count: count)))
    }

    /// Arrays of positions, and what the error must say; `nil` if there is none.
    struct Lie: Sendable {
        var pointers: [UInt16] = []
        var bytes: [UInt8]
        var shape: [Int]
        var count: Int
        var message: String?
    }

    private func expect(_ error: BantamError?, _ lie: Lie) {
        guard let message = lie.message else {
            #expect(error == nil)
            return
        }
        #expect(error?.kind == .corruption)
        #expect(error?.message.contains(message) == true, "\(lie): \(String(describing: error))")
    }

    private static let csrLies: [Lie] = [
        Lie(pointers: [0, 1, 3], bytes: [2, 0, 4], shape: [2, 5], count: 3),
        Lie(
            pointers: [1, 1, 3], bytes: [2, 0, 4], shape: [2, 5], count: 3,
            message: "from 0 to 3, found 1 to 3"),
        Lie(
            pointers: [0, 1, 2], bytes: [2, 0, 4], shape: [2, 5], count: 3,
            message: "from 0 to 3, found 0 to 2"),
        Lie(
            pointers: [0, 1, 9], bytes: [2, 0, 4], shape: [2, 5], count: 3,
            message: "from 0 to 3, found 0 to 9"),
        Lie(
            pointers: [0, 7, 3], bytes: [2, 0, 4], shape: [2, 5], count: 3,
            message: "found 3 after 7 in row 1"),
        Lie(
            pointers: [0, 3], bytes: [2, 0, 4], shape: [2, 5], count: 3, message: "one more than the 2 rows"),
        Lie(pointers: [], bytes: [], shape: [0, 5], count: 0, message: "one more than the 0 rows"),
        Lie(
            pointers: [0, 1, 3], bytes: [2, 0, 5], shape: [2, 5], count: 3, message: "1..<5 in row 1, found 5"
        ),
        Lie(
            pointers: [0, 1, 3], bytes: [2, 3, 3], shape: [2, 5], count: 3, message: "4..<5 in row 1, found 3"
        ),
        Lie(
            pointers: [0, 1, 3], bytes: [2, 4, 0], shape: [2, 5], count: 3, message: "5..<5 in row 1, found 0"
        ),
        Lie(
            pointers: [0, 1, 3], bytes: [2, 0], shape: [2, 5], count: 3, message: "expected 3 column indices"),
        Lie(pointers: [0, 1, 3], bytes: [2, 0, 4], shape: [10], count: 3, message: "a matrix for csr"),
    ]

    @Test(arguments: csrLies) func csrThatLies(lie: Lie) {
        expect(
            bantamError {
                _ = try Sparse(
                    validating: Shape(lie.shape),
                    positions: .csr(
                        rowPointers: Tensor(.uint16, [lie.pointers.count], lie.pointers),
                        columnIndices: Tensor(.uint8, [lie.bytes.count], lie.bytes)),
                    values: Self.values(lie.count))
            }, lie)
    }

    @Test func hugeNumbersDoNotTrap() throws {
        let huge = Tensor(.uint64, [3], [0, .max, 1] as [UInt64])
        let indices = Tensor(.uint64, [1], [.max] as [UInt64])
        let error = bantamError {
            _ = try Sparse(
                validating: [2, 5], positions: .csr(rowPointers: huge, columnIndices: indices),
                values: Self.values(1))
        }
        #expect(error?.kind == .corruption)
        let pointers = Tensor(.uint8, [3], [0, 0, 1] as [UInt8])
        #expect(
            bantamError {
                _ = try Sparse(
                    validating: [2, 5], positions: .csr(rowPointers: pointers, columnIndices: indices),
                    values: Self.values(1))
            }?.message.contains("found 18446744073709551615") == true)
        for (rows, columns) in [(Int.max / 256, 1), (1, Int.max / 256)] {
            let shape = try #require(Shape(checking: [rows, columns]))
            #expect(
                bantamError {
                    _ = try Sparse(
                        validating: shape, positions: .csr(rowPointers: huge, columnIndices: indices),
                        values: Self.values(1))
                }?.kind == .corruption)
            #expect(
                bantamError {
                    _ = try Sparse(
                        validating: shape, positions: .bitmask(Tensor(.uint8, [1], [1] as [UInt8])),
                        values: Self.values(1))
                }?.kind == .corruption)
        }
    }

    private static let maskLies: [Lie] = [
        Lie(bytes: [0b101, 0b1], shape: [9], count: 3),
        Lie(bytes: [0b101, 0b1], shape: [3, 3], count: 2, message: "expected 2 bits set, found 3"),
        Lie(
            bytes: [0b101, 0b11], shape: [9], count: 4, message: "zero bits after the last element, found 1"),
        Lie(bytes: [0b101], shape: [9], count: 2, message: "one bit for each of 9 elements"),
        Lie(bytes: [0b101, 0, 0], shape: [9], count: 2, message: "one bit for each of 9 elements"),
    ]

    @Test(arguments: maskLies) func bitmaskThatLies(lie: Lie) {
        expect(
            bantamError {
                _ = try Sparse(
                    validating: Shape(lie.shape),
                    positions: .bitmask(Tensor(.uint8, [lie.bytes.count], lie.bytes)),
                    values: Self.values(lie.count))
            }, lie)
    }

    private static let gapLies: [Lie] = [
        Lie(bytes: [0, 255, 3], shape: [260], count: 2),
        Lie(bytes: [0, 255, 3], shape: [259], count: 2, message: "within 259 elements, found a sum of 260"),
        Lie(bytes: [255, 255], shape: [300], count: 0, message: "found a sum of 510"),
        Lie(bytes: [0, 255, 3], shape: [260], count: 3, message: "gaps for 3 values, found 2"),
        Lie(bytes: [], shape: [260], count: 1, message: "gaps for 1 values, found 0"),
    ]

    @Test(arguments: gapLies) func gapsThatLie(lie: Lie) {
        expect(
            bantamError {
                _ = try Sparse(
                    validating: Shape(lie.shape),
                    positions: .relative(Tensor(.uint8, [lie.bytes.count], lie.bytes)),
                    values: Self.values(lie.count))
            }, lie)
    }

    @Test func fewBytesForMoreThanAllMemoryAreAnError() throws {
        let empty = Tensor(.uint8, [0], [UInt8]())
        let endless = try #require(Shape(checking: [1, 1 << 50]))
        let csr = Sparse.Positions.csr(
            rowPointers: Tensor(.uint8, [2], [0, 0] as [UInt8]), columnIndices: empty)
        for positions in [csr, .relative(empty)] {
            let sparse = try Sparse(validating: endless, positions: positions, values: Self.values(0))
            #expect(bantamError { _ = try sparse.decoded(workers: .one) }?.kind == .compatibility)
        }
        let tall = try #require(Shape(checking: [1 << 55, 0]))
        let rows = try Sparse(validating: tall, positions: .relative(empty), values: Self.values(0))
        #expect(bantamError { _ = try CSRMatrix(.sparse(rows)) }?.kind == .compatibility)
        let nothing = Tensor(.float32, tall, Storage(byteCount: 0) { _ in })
        #expect(bantamError { _ = try Sparse(nothing, as: .csr) }?.kind == .compatibility)
        let scale = Tensor(.float32, [], [1] as [Float])
        let side = Encoding.quantized(
            Quantized(
                codes: .sparse(
                    Sparse(
                        shape: try #require(Shape(checking: [1 << 40, 1])),
                        positions: .relative(Tensor(.uint8, [0], [UInt8]())),
                        values: .dense(Tensor(.int8, [0], [Int8]())))), scales: scale, zeroPoints: nil,
                granularity: .tensor))
        let product = try LowRank(
            validating: try #require(Shape(checking: [1 << 40, 2])), left: side,
            right: .dense(Tensor(.float32, [1, 2], [1, 2] as [Float])))
        #expect(bantamError { _ = try product.decoded(workers: .one) }?.kind == .compatibility)
    }

    @Test func codesAndScalesMustFit() throws {
        let codes = Encoding.dense(Tensor(.int8, [2, 2], [1, 2, 3, 4] as [Int8]))
        let scales = Tensor(.float32, [2], [1, 2] as [Float])
        #expect(
            try Quantized(validating: codes, scales: scales, zeroPoints: nil, granularity: .channel)
                .decoded(workers: .one).array(as: Float.self) == [1, 2, 6, 8])
        let error = bantamError {
            _ = try Quantized(validating: codes, scales: scales, zeroPoints: nil, granularity: .tensor)
        }
        #expect(error?.kind == .corruption)
    }

    @Test func partsOfTheWrongKindAreRefused() throws {
        let bytes = Tensor(.int8, [2], [0, 1] as [Int8])
        let pointers = Tensor(.uint8, [2], [0, 2] as [UInt8])
        let square = Encoding.dense(Tensor(.float32, [1, 2], [1, 2] as [Float]))
        let nested = Encoding.sparse(
            Sparse(
                shape: [2], positions: .bitmask(Tensor(.uint8, [1], [3] as [UInt8])), values: Self.values(2)))
        let lies: [(Sparse.Positions, Encoding)] = [
            (.csr(rowPointers: pointers, columnIndices: bytes), Self.values(2)),
            (.csr(rowPointers: bytes, columnIndices: pointers), Self.values(2)),
            (.bitmask(Tensor(.int8, [1], [3] as [Int8])), Self.values(2)), (.relative(bytes), Self.values(2)),
            (.relative(pointers.reshaped([1, 2])), Self.values(2)),
            (.relative(Tensor(.uint8, [2], [0, 0] as [UInt8])), square),
            (.relative(Tensor(.uint8, [2], [0, 0] as [UInt8])), nested),
        ]
        for (positions, values) in lies {
            let error = bantamError {
                _ = try Sparse(validating: [1, 2], positions: positions, values: values)
            }
            #expect(error?.kind == .corruption, "\(positions)")
        }
    }

    @Test func factorsThatDoNotFitAreRefused() throws {
        func factor(_ shape: Shape) -> Encoding {
            .dense(Tensor(.float32, shape, [Float](repeating: 1, count: shape.elementCount)))
        }
        let shape: Shape = [3, 2, 2]
        #expect(try LowRank(validating: shape, left: factor([3, 2]), right: factor([2, 4])).rank == 2)
        let lies: [(Shape, Shape, Shape, String)] = [
            (shape, [3, 2], [3, 4], "found 3×2 and 3×4"), (shape, [4, 2], [2, 4], "found 4×2 and 2×4"),
            (shape, [3, 2], [2, 3], "found 3×2 and 2×3"), (shape, [3, 0], [0, 4], "found 0"),
            (shape, [3, 4], [4, 4], "rank from 1 to 3, found 4"), (shape, [6], [2, 4], "two matrices"),
            ([12], [3, 2], [2, 4], "a matrix for low-rank"),
        ]
        for (shape, left, right, message) in lies {
            let error = bantamError {
                _ = try LowRank(validating: shape, left: factor(left), right: factor(right))
            }
            #expect(error?.kind == .corruption)
            #expect(error?.message.contains(message) == true, "\(String(describing: error))")
        }
        let complex = Encoding.dense(Tensor(.complex64, [3, 2], [UInt64](repeating: 0, count: 6)))
        #expect(
            bantamError { _ = try LowRank(validating: shape, left: complex, right: factor([2, 4])) }?.kind
                == .corruption)
        let product = Encoding.lowRank(LowRank(shape: [3, 2], left: factor([3, 1]), right: factor([1, 2])))
        #expect(
            bantamError { _ = try LowRank(validating: shape, left: product, right: factor([2, 4])) }?.kind
                == .corruption)
    }
}
