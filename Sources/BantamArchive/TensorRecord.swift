// Why: one member of `bantam.encodings`: all that is needed to give an original tensor back.

import BantamCoding
import BantamLoaders
import BantamTensors

/// What an archive says of one original tensor.
struct TensorRecord: Sendable {
    var name: String
    var dtype: DType
    var shape: Shape
    /// The checksum of what comes back; see ``Reconstruction``.
    var checksum: Checksum
    /// How the values are held, with the names of the arrays.
    var tree: PartTree<String>

    /// The member of `bantam.encodings`.
    var member: JSON.Member {
        let members = [
            JSON.Member("dtype", .string(dtype.rawValue)),
            JSON.Member("shape", .array(shape.axes.map { .integer($0) })),
            JSON.Member("checksum", .string(checksum.description)),
        ]
        return JSON.Member(name, .object(members + tree.tensorMembers))
    }
}

extension TensorRecord {
    /// The record that a member writes.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if it is none.
    init(_ member: JSON.Member) throws {
        let json = member.value
        guard let members = json.objectValue else {
            throw BantamError(.corruption, "encodings: expected an object, found \(json.kind)")
        }
        let own = ["dtype", "shape", "checksum"]
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
        self.init(
            name: member.key, dtype: dtype, shape: shape, checksum: checksum,
            tree: try PartTree(members: members.filter { !own.contains($0.key) }))
    }
}
