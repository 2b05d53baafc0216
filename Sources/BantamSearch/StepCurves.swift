// Why: how much a tensor saves and what that does to the outputs depends on where its own zeros begin; a rule of thumb
// for all tensors cannot know, measuring each alone can.

import BantamArchive
import BantamCoding
import BantamEncodings
import BantamEvaluator
import BantamLoaders
import BantamPasses
import BantamTensors

/// For each tensor the best ways to round it: what they take in the file, and the squared error of the outputs.
///
/// Errors of several tensors are taken to add up, so that for a given sum of bytes the sum of errors is least where all
/// tensors have the same slope of error against bytes. Source: Y. Shoham and A. Gersho, "Efficient bit allocation for an
/// arbitrary set of quantizers", 1988.
struct StepCurves: Sendable {
    /// One way to hold a tensor.
    struct Point: Sendable, Equatable {
        var treatment: StepRecipe.Treatment
        var byteCount: Int
        var error: Double
    }

    /// For each tensor its convex hull, from the most bytes to the fewest; empty: not to be touched.
    let hulls: [[Point]]
    /// For each tensor all ways to hold it.
    private let points: [[Point]]
    /// The squared error that a byte is worth at strength 1.
    private let unit: Double

    /// The curves of points that were measured.
    ///
    /// - Parameters:
    ///   - points: for each tensor the ways to hold it.
    ///   - unit: the squared error that a byte is worth at strength 1, above 0.
    init(_ points: [[Point]], unit: Double) {
        hulls = points.map(StepCurves.hull)
        self.points = points
        self.unit = unit
    }

    /// How each tensor is to be held so that a byte saves as much error everywhere; errors grow with the square of the
    /// strength.
    func treatments(_ strength: Double) -> [StepRecipe.Treatment?] {
        let price = unit * strength * strength
        return hulls.map { hull in
            hull.min { $0.error + price * Double($0.byteCount) < $1.error + price * Double($1.byteCount) }?
                .treatment
        }
    }

    /// The curves without the points whose dead zone is larger.
    func upTo(deadZone: Float) -> StepCurves {
        StepCurves(
            points.map { points in
                points.filter { point in
                    if case .steps(_, let other) = point.treatment { other <= deadZone } else { true }
                }
            }, unit: unit)
    }

    /// The points that are best at some price of a byte, from the most bytes to the fewest.
    static func hull(_ points: [Point]) -> [Point] {
        var hull: [Point] = []
        let sorted = points.filter(\.error.isFinite).sorted {
            ($0.byteCount, $1.error) > ($1.byteCount, $0.error)
        }
        for point in sorted {
            // What takes more bytes than this one and has no less error is of no use.
            while let last = hull.last, last.error >= point.error { hull.removeLast() }
            while hull.count > 1, !StepCurves.isConvex(hull[hull.count - 2], hull[hull.count - 1], point) {
                hull.removeLast()
            }
            if hull.last?.byteCount != point.byteCount { hull.append(point) }
        }
        return hull
    }

    /// Whether the middle one lies under the line between the others.
    private static func isConvex(_ first: Point, _ middle: Point, _ last: Point) -> Bool {
        let (a, b) = (first.byteCount - middle.byteCount, middle.byteCount - last.byteCount)
        return (middle.error - first.error) * Double(b) < (last.error - middle.error) * Double(a)
    }
}

extension StepCurves {
    /// The ways to round a tensor that are tried: steps four to the octave, each with several dead zones.
    private static func candidates(_ scale: TensorScale) -> [StepRecipe.Treatment] {
        var candidates: [StepRecipe.Treatment] = [.keep, .half]
        for quarter in -20...12 {
            let step = Float(scale.magnitude * StepTrials.strength(4 * quarter)).withEightBits
            guard step.isNormal else { continue }
            for deadZone in StepCurves.deadZones { candidates.append(.steps(step, deadZone: deadZone)) }
        }
        return candidates
    }

    /// The dead zones that are tried.
    static let deadZones: [Float] = [0.5, 0.6, 0.7]
    /// Elements up to which sizes are those of the coder that is best for small tensors; it is slow.
    private static let smallElementCount = 1 << 16

    /// Measures what every way to hold a tensor alone takes and does.
    ///
    /// - Parameters:
    ///   - scales: of the tensors that are to be rounded.
    ///   - error: what another file does to the outputs.
    /// - Complexity: about 100 codings of every tensor and as many runs of the network.
    /// - Returns: `nil` if no rounding of any tensor changes the outputs.
    init?(
        of source: any TensorFile, scales: [TensorScale?], workers: Workers,
        error: @Sendable (any TensorFile, Workers) throws -> Double
    ) throws {
        let jobs = scales.enumerated().flatMap { index, scale in
            scale.map { StepCurves.candidates($0).map { (index, $0) } } ?? []
        }
        let measured = try workers.map(jobs.count) { job -> Point in
            let (index, treatment) = jobs[job]
            let tensor = try source.tensor(at: index)
            let encoding = try treatment.encoding(of: tensor)
            let isSmall = tensor.elementCount <= StepCurves.smallElementCount
            let coding = treatment == .half ? Coding.none : try Coding(named: isSmall ? "max" : "dense")
            let prepared = try PreparedTensor(encoding, coding: coding, workers: .one)
            var found = 0.0
            if treatment != .keep {
                let value = try encoding.decoded(workers: .one)
                found = try error(SubstitutedFile(source) { $0 == index ? value : nil }, .one)
            }
            return Point(treatment: treatment, byteCount: prepared.byteCount, error: found)
        }
        var points = [[Point]](repeating: [], count: scales.count)
        var (errors, bytes) = (0.0, 0.0)
        for ((index, treatment), point) in zip(jobs, measured) {
            points[index].append(point)
            guard case .steps(let step, 0.5) = treatment, let scale = scales[index],
                step == Float(scale.magnitude).withEightBits
            else { continue }
            errors += point.error
            bytes += Double(point.byteCount)
        }
        guard errors.isNormal, bytes > 0 else { return nil }
        self.init(points, unit: errors / bytes)
    }
}

extension StepRecipe.Treatment {
    /// How the tensor is held then.
    fileprivate func encoding(of tensor: Tensor) throws -> Encoding {
        switch self {
        case .keep: return .dense(tensor)
        case .half: return .dense(try tensor.float32().float32(roundedTo: .float16))
        case .steps(let step, let deadZone):
            let context = PassContext(workers: .one, storedBytes: { _ in 0 }, estimatedBytes: { _ in 0 })
            return try RoundToStep(step: step, deadZone: deadZone).apply(to: .dense(tensor), context).encoding
        }
    }
}
