// The search as JSON, for programs.

import BantamEvaluator
import BantamLoaders

extension LossSearchResult {
    /// What was searched, chosen and found, as one JSON object; see `docs/recipes.md`.
    public var json: JSON {
        .object([
            .init("max_loss", .string(bound.description)), .init("kept", .bool(isKept)),
            .init("proven", .bool(isProven)),
            .init("lossless", .bool(isLossless)), .init("original_bytes", .integer(originalByteCount)),
            .init("bytes", .integer(byteCount)), .init("ratio", .number(ratio)),
            .init("allowed", .number(allowed)),
            .init("search", half(search)), .init("report", half(report)),
            .init("recipe", .string(recipeText)),
            .init("paths", .array(paths.map(path))),
        ])
    }

    private func half(_ half: HalfResult) -> JSON {
        .object([
            .init("samples", .integer(half.sampleCount)), .init("original", .number(half.original)),
            .init("compressed", .number(half.compressed)), .init("loss", .number(half.loss)),
            .init(
                "interval", .array([.number(half.interval.lowerBound), .number(half.interval.upperBound)])),
        ])
    }

    private func path(_ path: Path) -> JSON {
        .object([
            .init("steps_by", .string(path.allocation)), 
            .init("dead_zone", path.deadZone.map { .number($0) } ?? .null),
            .init("chosen", path.chosen.map { .number($0) } ?? .null),
            .init("bytes", path.byteCount.map { .integer($0) } ?? .null),
            .init(
                "tried",
                .array(
                    path.points.map {
                        .object([.init("strength", .number($0.strength)), .init("loss", .number($0.loss))])
                    })
            ),
        ])
    }
}
