import BantamTensors
import BantamYAML

/// How to run the weights of a file: the layers of a `network.yaml` in order, and the shape of one sample.
///
/// ```yaml
/// input: [1, 8, 8]
/// layers:
///   - conv2d: {weight: conv1.weight, bias: conv1.bias, padding: 1}
///   - relu
///   - max_pool2d: {kernel: 2}
///   - flatten
///   - linear: {weight: fc.weight, bias: fc.bias}
/// task: classification
/// ```
///
/// A network names tensors but holds none: ``bound(to:execution:workers:)`` looks them up and gives a
/// ``Model`` that runs. A bias may be left out wherever there is one; every `weight` must be named.
public struct Network: Sendable {
    /// What the outputs mean.
    public enum Task: String, Sendable, CaseIterable {
        /// One output per class; the prediction is the arg-max.
        case classification
    }

    /// The path the network was read from, or what stands for it.
    public let file: String
    /// The shape of one sample, without the axis of samples.
    public let inputShape: Shape
    /// What the outputs mean, if the file says so.
    public let task: Task?
    /// Looks token ids up before the first of ``layers``, if the inputs are ids.
    let embedding: Embedding?
    let layers: [any Layer]

    /// The network in the YAML file at `path`.
    ///
    /// - Throws: ``BantamError`` of kind `missingInput` if there is no such file, else `corruption` with file, line
    ///   and layer.
    public init(contentsOf path: String) throws { try self.init(YAMLValue(contentsOf: path)) }

    /// The network that `yaml` describes; errors call it `file`.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` with file, line and layer.
    public init(yaml: String, file: String) throws { try self.init(YAMLValue(parsing: yaml, file: file)) }

    private init(_ root: YAMLValue) throws {
        let entries = try root.mapping(of: "a network", keys: ["input", "layers", "task"])
        guard let input = entries["input"] else {
            throw root.error("expected 'input', the shape of one sample")
        }
        guard let layers = entries["layers"] else { throw root.error("expected 'layers'") }
        file = root.file
        inputShape = try Network.inputShape(input)
        task = try entries["task"].map { value in
            guard let task = Task(rawValue: try value.string("a task")) else {
                throw value.error("expected task classification, found \(value.kind)")
            }
            return task
        }
        let items = try layers.list(of: "layers")
        guard !items.isEmpty else { throw layers.error("expected at least one layer") }
        embedding = try LayerOptions(items[0], number: "1", depth: 0).embedding()
        self.layers = try items.enumerated().dropFirst(embedding == nil ? 0 : 1).map {
            try LayerOptions($1, number: "\($0 + 1)", depth: 0).layer()
        }
    }

    private static func inputShape(_ value: YAMLValue) throws -> Shape {
        let axes = try value.list(of: "the axes of one sample").map {
            try $0.int("an axis of 'input'", in: 1...Limits.elements)
        }
        guard (1...8).contains(axes.count), let shape = Shape(checking: axes),
            shape.elementCount <= Limits.elements
        else {
            throw value.error("expected 1 to 8 axes and at most \(Limits.elements) elements in 'input'")
        }
        return shape
    }
}

/// Bounds on what a network may ask for, so that a hostile file cannot make it allocate without limit.
enum Limits {
    /// Elements of one sample between two layers, and of a layer's working memory.
    static let elements = 1 << 28
    /// Kernel sizes, strides, paddings, dilations and groups.
    static let option = 1 << 16
    /// Residual layers within residual layers.
    static let depth = 16
}
