// Why: rows of equal class have equal contexts, and rows have few classes, so most contexts need only be copied.

import BantamTensors
import CBantamKernels

/// The contexts of the elements of a matrix, as the kernels take them.
struct ContextRows: Sendable {
    private let rowClasses: [Int8]
    private let columnClasses: [Int8]?
    private let columns: Int
    /// By class: what the kernels call a context.
    private let contexts: [UInt16]
    /// The contexts of one row for each class that rows have; empty where that would hardly save anything.
    private let known: [UInt16]
    /// By row class from ``ClassList/range`` on: where its row begins in ``known``.
    private let places: [Int]

    /// - Parameter contexts: by class, 64 of them.
    init(rowClasses: [Int8], columnClasses: [Int8], contexts: [UInt16]) {
        self.rowClasses = rowClasses
        self.columnClasses = columnClasses.contains { $0 != 0 } ? columnClasses : nil
        self.contexts = contexts
        columns = columnClasses.count
        var places = [Int](repeating: -1, count: ClassList.range.count)
        var classes: [Int8] = []
        for rowClass in rowClasses where places[Int(rowClass) - ClassList.range.lowerBound] < 0 {
            places[Int(rowClass) - ClassList.range.lowerBound] = classes.count * columns
            classes.append(rowClass)
        }
        self.places = places
        guard classes.count <= rowClasses.count / 8 else {
            known = []
            return
        }
        var known = [UInt16](repeating: 0, count: classes.count * columns)
        bantam_trellis_contexts(classes, self.columnClasses, columns, contexts, 0, known.count, &known)
        self.known = known
    }

    /// Writes the contexts of `count` elements from element `first` on.
    func copy(_ first: Int, _ count: Int, to target: UnsafeMutablePointer<UInt16>) {
        guard !known.isEmpty else {
            bantam_trellis_contexts(rowClasses, columnClasses, columns, contexts, first, count, target)
            return
        }
        known.withUnsafeBufferPointer { known in
            var (row, column) = first.quotientAndRemainder(dividingBy: columns)
            var done = 0
            while done < count {
                let length = min(columns - column, count - done)
                let place = places[Int(rowClasses[row]) - ClassList.range.lowerBound] + column
                (target + done).update(from: known.baseAddress! + place, count: length)
                done += length
                column = 0
                row += 1
            }
        }
    }
}
