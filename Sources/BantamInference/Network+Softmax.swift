extension Network {
    /// Whether the outputs are probabilities already: the last layer is a softmax, flattening aside.
    public var endsInSoftmax: Bool { layers.last { !($0 is Flatten) } is Softmax }
}
