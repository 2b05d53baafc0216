import BantamLinearAlgebra
import BantamTensors
import BantamTestSupport
import Foundation

/// A slow product in `Double`, element by element.
func slowProduct(_ a: Matrix, _ b: Matrix) -> [Double] {
    let (left, right) = (a.tensor.array(as: Float.self), b.tensor.array(as: Float.self))
    var result = [Double](repeating: 0, count: a.rows * b.columns)
    for row in 0..<a.rows {
        for inner in 0..<a.columns {
            let value = Double(left[row * a.columns + inner])
            for column in 0..<b.columns {
                result[row * b.columns + column] += value * Double(right[inner * b.columns + column])
            }
        }
    }
    return result
}

/// ‖a − b‖ in the Frobenius norm.
func distance(_ a: Matrix, _ b: [Double]) -> Double {
    zip(a.tensor.array(as: Float.self), b).reduce(0) { $0 + ($1.0.asDouble - $1.1) * ($1.0.asDouble - $1.1) }
        .squareRoot()
}

/// ‖QᵀQ − I‖ in the Frobenius norm.
func departureFromOrthonormal(_ q: Matrix) -> Double {
    var product = slowProduct(q.transposed(), q)
    for index in 0..<q.columns { product[index * q.columns + index] -= 1 }
    return product.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

extension Float {
    var asDouble: Double { Double(self) }
}

func normalMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed)
    return Matrix(rows: rows, columns: columns, (0..<rows * columns).map { _ in generator.normal() })
}

/// U·diag(spectrum)·Vᵀ with random orthonormal U and V: its singular values are known.
func matrix(_ rows: Int, _ columns: Int, spectrum: [Double], seed: UInt64) throws -> Matrix {
    let u = try QR(normalMatrix(rows, spectrum.count, seed: seed)).q
    let v = try QR(normalMatrix(columns, spectrum.count, seed: seed + 1)).q
    let scaled = u.withElements { elements in
        Matrix(
            rows: rows, columns: spectrum.count,
            elements.indices.map { elements[$0] * Float(spectrum[$0 % spectrum.count]) })
    }
    return try scaled.multiplied(by: v, transposingOther: true)
}

/// The numbers of a little-endian fixture file.
func numbers<Number: BitwiseCopyable>(_ name: String, as type: Number.Type) throws -> [Number] {
    let data = try Data(contentsOf: fixtures().appendingPathComponent(name))
    return data.withUnsafeBytes { Array($0.bindMemory(to: Number.self)) }
}
