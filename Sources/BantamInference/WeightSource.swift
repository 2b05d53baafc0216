import BantamEncodings
import BantamTensors

/// Where layers find their weights, and how they are to hold them.
struct WeightSource {
    let lookup: (String) throws -> Encoding?
    let execution: Model.Execution
    let workers: Workers

    /// The encoding called `name`, with the error of `place` if there is none.
    func encoding(_ name: String, _ place: LayerPlace) throws -> Encoding {
        guard let encoding = try locating(tensor: name, { try lookup(name) }) else {
            throw place.error(tensor: name, "expected this tensor among the weights, found none")
        }
        return encoding
    }

    /// The values of `name`, which must be of `shape`, as float32.
    func values(_ name: String, of shape: Shape, _ place: LayerPlace) throws -> Tensor {
        let encoding = try encoding(name, place)
        guard encoding.shape == shape else {
            throw place.error(tensor: name, "expected \(shape), found \(encoding.shape)")
        }
        return try decoded(encoding, name, place)
    }

    /// The values of `name` as an array of `count` elements; `nil` without a name.
    func vector(_ name: String?, count: Int, _ place: LayerPlace) throws -> [Float]? {
        try name.map { try values($0, of: [count], place).array(as: Float.self) }
    }

    /// The values of an encoding as float32.
    func decoded(_ encoding: Encoding, _ name: String, _ place: LayerPlace) throws -> Tensor {
        try blaming(name, place) { try encoding.decoded(workers: workers).float32() }
    }

    /// Runs `body`; an error that leaves it says which tensor of which layer it belongs to.
    func blaming<Result>(_ name: String, _ place: LayerPlace, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as BantamError {
            throw BantamError(
                error.kind, file: error.file ?? place.file, tensor: error.tensor ?? name,
                "line \(place.line): \(place.title): \(error.message)")
        }
    }
}
