import BantamTensors

extension Tensor {
    /// The elements of an integer tensor; `nil` for one beyond `Int`.
    func integers() -> [Int?] {
        switch dtype {
        case .int64: exact(Int64.self)
        case .int32: exact(Int32.self)
        case .int16: exact(Int16.self)
        case .int8: exact(Int8.self)
        case .uint64: exact(UInt64.self)
        case .uint32: exact(UInt32.self)
        case .uint16: exact(UInt16.self)
        case .uint8: exact(UInt8.self)
        default: preconditionFailure("\(dtype.rawValue) is not an integer")
        }
    }

    private func exact<Element: FixedWidthInteger & BitwiseCopyable>(_ type: Element.Type) -> [Int?] {
        withElements(as: Element.self) { $0.map { Int(exactly: $0) } }
    }
}
