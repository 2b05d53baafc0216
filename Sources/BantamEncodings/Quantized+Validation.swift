import BantamTensors

/// Quantized tensors from files that may lie.
extension Quantized {
    /// Codes with scales and zero points that are checked against each other; see ``validate()``.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` that says what was expected and what was found.
    public init(validating codes: Encoding, scales: Tensor, zeroPoints: Tensor?, granularity: Granularity)
        throws
    {
        self.init(codes: codes, scales: scales, zeroPoints: zeroPoints, granularity: granularity)
        try validate()
    }

    /// Whether the code 0 stands for the number 0 everywhere, so that sparse codes may leave it out of products.
    var zeroIsZero: Bool { rotation == nil && (zeroPoints?.storage.bytes.allSatisfy { $0 == 0 } ?? true) }
}
