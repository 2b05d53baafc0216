// Why: one member of `bantam.encodings`: all that is needed to give an original tensor back.

import BantamCoding
import BantamLoaders
import BantamTensors

/// What an archive says of one original tensor.
struct TensorRecord: Sendable {
    /// Of a tensor that stands under its own name as it was, everything else follows from its array.
    enum Content: Sendable {
        case kept
        case encoded(DType, Shape, Checksum, PartTree<String>)
    }

    var name: String
    var content: Content

    /// The member: `""` for a kept tensor.
    var member: JSON.Member {
        switch content {
        case .kept: return JSON.Member(name, .string(""))
        case .encoded(let dtype, let shape, let checksum, let tree):
            let members = [
                JSON.Member("dtype", .string(dtype.rawValue)),
                JSON.Member("shape", .array(shape.axes.map { .integer($0) })),
                JSON.Member("checksum", .string(checksum.description)),
            ]
            return JSON.Member(name, .object(members + tree.tensorMembers))
        }
    }

    init(name: String, content: Content) {
        self.name = name
        self.content = content
    }

    /// The record that a member writes.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if it is none.
    init(_ member: JSON.Member) throws {
        name = member.key
        if let text = member.value.stringValue {
            guard text.isEmpty else {
                throw BantamError(
                    .corruption, "encodings: expected an empty string or an object, found '\(text)'")
            }
            content = .kept
            return
        }
        guard let members = member.value.objectValue else {
            throw BantamError(
                .corruption, "encodings: expected an object or a string, found \(member.value.kind)")
        }
        let own = ["dtype", "shape", "checksum"]
        let json = member.value
        guard let text = json["dtype"]?.stringValue, let dtype = DType(rawValue: text) else {
            throw BantamError(
                .corruption, "encodings: expected a 'dtype', found \(json["dtype"]?.text ?? "none")")
        }
        let axes = json["shape"]?.arrayValue?.map(\.integerValue)
        guard let axes, !axes.contains(nil), let shape = Shape(checking: axes.compactMap { $0 }),
            Tensor.byteCount(dtype, shape) != nil
        else {
            throw BantamError(
                .corruption, "encodings: expected a 'shape', found \(json["shape"]?.text ?? "none")")
        }
        guard let digits = json["checksum"]?.stringValue, let checksum = Checksum(digits) else {
            throw BantamError(
                .corruption,
                "encodings: expected a 'checksum' of 16 digits, found \(json["checksum"]?.text ?? "none")")
        }
        content = .encoded(
            dtype, shape, checksum, try PartTree(members: members.filter { !own.contains($0.key) }))
    }
}
