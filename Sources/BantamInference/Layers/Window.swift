/// One axis of a sliding window: which outputs a tap of the kernel contributes to, and from where.
struct Window: Sendable {
    let input: Int
    let output: Int
    let kernel: Int
    let stride: Int
    let padding: Int
    let dilation: Int

    /// `nil` if the window does not fit the padded input once. All arguments are within the limits of a network.
    init?(input: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) {
        let room = input + 2 * padding - dilation * (kernel - 1) - 1
        guard kernel >= 1, room >= 0 else { return nil }
        self.input = input
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        output = room / stride + 1
    }

    /// The input position of `tap` in the window of output 0; output n reads `stride` · n further on.
    func offset(_ tap: Int) -> Int { tap * dilation - padding }

    /// The outputs for which `tap` falls onto the input and not onto its padding.
    func outputs(_ tap: Int) -> Range<Int> {
        let offset = offset(tap)
        let last = input - 1 - offset
        guard last >= 0 else { return 0..<0 }
        let end = min(output, last / stride + 1)
        let first = offset >= 0 ? 0 : (-offset + stride - 1) / stride
        return min(first, end)..<end
    }
}
