import BantamTestSupport
import Foundation

/// A fixture file, whose keys are those of `Value` in snake case.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: fixtures().appendingPathComponent(name)))
}

/// Whether two figures are the same to `digits` significant digits.
func isClose(_ a: Double, _ b: Double, digits: Int = 12) -> Bool {
    a == b || (a - b).magnitude <= pow(10, -Double(digits)) * max(a.magnitude, b.magnitude)
}
