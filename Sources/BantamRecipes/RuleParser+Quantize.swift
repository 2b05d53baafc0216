import BantamEncodings
import BantamPasses
import BantamTensors
import BantamYAML

/// Everything that recipes call `quantize`: integer codes, scaled levels, 16-bit floats.
extension RuleParser {
    static let formats = "2 to 8, 16, fp16, bf16, e4m3, e5m2 or nf4"

    func quantize(_ value: YAMLValue) throws -> Step {
        if value.isMapping,
            try value.pairs(of: "quantize").contains(where: { RuleParser.rateDistortionKeys.contains($0.key) }
            )
        {
            return try rateDistortion(value)
        }
        var bits = value
        var entries: [String: YAMLValue] = [:]
        if value.isMapping {
            entries = try value.mapping(
                of: "quantize",
                keys: ["bits", "scheme", "granularity", "range", "scales", "rotate", "seed", "non-finite"])
            guard let found = entries["bits"] else {
                throw value.error("expected the key 'bits' in quantize, or one of step, sqnr and rate")
            }
            bits = found
        }
        let keeps = try entries["non-finite"].map(RuleParser.keepsNonFinite) ?? keepsNonFinite
        let format = try bits.string(RuleParser.formats)
        let dtypes: [String: DType] = ["fp16": .float16, "bf16": .bfloat16]
        if let dtype = dtypes[format] {
            try refuse(
                ["scheme", "granularity", "range", "scales", "rotate", "seed"], in: entries, of: format)
            return Step(
                line: value.line, label: "quantize \(format)",
                action: .pass(try Cast(to: dtype, keepingNonFinite: keeps)))
        }
        let scalesName = try entries["scales"]?.string("a format of scales") ?? "float32"
        guard let scales = ScaleFormat(rawValue: scalesName) else {
            let names = ScaleFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw value.error("expected scales out of \(names), found '\(scalesName)'")
        }
        var granularity: Quantized.Granularity?
        if let name = try entries["granularity"]?.string("a granularity") {
            granularity = Quantized.Granularity(name)
            if granularity == nil {
                throw value.error("expected granularity tensor, channel or group:N, found '\(name)'")
            }
        }
        if let levels = QuantizeToLevels.Levels(rawValue: format) {
            try refuse(["scheme", "range", "rotate", "seed"], in: entries, of: format)
            let pass = try QuantizeToLevels(
                levels, granularity: granularity, scales: scales, keepingNonFinite: keeps)
            return Step(
                line: value.line,
                label: "quantize \(format) per \(pass.granularity)"
                    + (scales == .float32 ? "" : ", scales \(scales.rawValue)"),
                action: .pass(pass))
        }
        guard let width = Int(format) else {
            throw bits.error("expected bits \(RuleParser.formats), found \(bits.kind)")
        }
        return try integers(value, entries, width, granularity ?? .channel, scales, keepingNonFinite: keeps)
    }

    private func integers(
        _ value: YAMLValue, _ entries: [String: YAMLValue], _ width: Int,
        _ granularity: Quantized.Granularity,
        _ scales: ScaleFormat, keepingNonFinite: Bool
    ) throws -> Step {
        let schemeName = try entries["scheme"]?.string("a scheme") ?? "symmetric"
        guard let scheme = Quantize.Scheme(rawValue: schemeName) else {
            throw value.error("expected scheme symmetric or affine, found '\(schemeName)'")
        }
        let rangeName = try entries["range"]?.string("a range") ?? "minmax"
        guard let range = ClippingRange(rangeName) else {
            throw value.error("expected range minmax, percentile:P, mse or kl, found '\(rangeName)'")
        }
        let rotation = try rotation(value, entries)
        var label = "quantize \(width) bits \(scheme.rawValue) per \(granularity)"
        if range != .extent { label += ", range \(range)" }
        if scales != .float32 { label += ", scales \(scales.rawValue)" }
        if let rotation { label += ", rotated (seed \(rotation.seed))" }
        return Step(
            line: value.line, label: label,
            action: .pass(
                try Quantize(
                    bits: width, scheme: scheme, granularity: granularity, range: range, scales: scales,
                    rotation: rotation, keepingNonFinite: keepingNonFinite)))
    }

    private func rotation(_ value: YAMLValue, _ entries: [String: YAMLValue]) throws -> HadamardRotation? {
        guard let rotate = entries["rotate"] else {
            if let seed = entries["seed"] { throw seed.error("expected 'seed' with 'rotate: hadamard'") }
            return nil
        }
        guard rotate.scalar == "hadamard" else {
            throw rotate.error("expected rotate hadamard, found \(rotate.kind)")
        }
        return HadamardRotation(seed: UInt64(try entries["seed"]?.int("seed", in: 0...Int.max) ?? 0))
    }

    private func refuse(_ keys: [String], in entries: [String: YAMLValue], of format: String) throws {
        for key in keys {
            if let entry = entries[key] { throw entry.error("\(format) has no \(key)") }
        }
    }
}

/// What recipes call `palettize`.
extension RuleParser {
    func palettize(_ value: YAMLValue) throws -> Step {
        let entries =
            value.isMapping
            ? try value.mapping(of: "palettize", keys: ["values", "scope", "codebook", "non-finite"])
            : ["values": value]
        guard let values = entries["values"] else {
            throw value.error("expected the key 'values' in palettize")
        }
        let count = try values.int("values", in: 2...256)
        let scope = try entries["scope"]?.string("a scope") ?? "tensor"
        var rows: Int?
        if scope.hasPrefix("rows:"), let found = Int(scope.dropFirst(5)), found > 0 {
            rows = found
        } else if scope != "tensor", scope != "shared" {
            throw value.error("expected scope tensor, rows:N or shared, found '\(scope)'")
        }
        let dtypeName = try entries["codebook"]?.string("a dtype") ?? "float32"
        guard let dtype = DType(rawValue: dtypeName), dtype == .float32 || dtype == .float16 else {
            throw value.error("expected codebook float32 or float16, found '\(dtypeName)'")
        }
        let keeps = try entries["non-finite"].map(RuleParser.keepsNonFinite) ?? keepsNonFinite
        let pass = try Palettize(values: count, rowsPerGroup: rows, dtype: dtype, keepingNonFinite: keeps)
        return Step(
            line: value.line,
            label: "palettize \(count) values, scope \(scope)"
                + (dtype == .float16 ? ", codebook float16" : ""),
            action: scope == "shared" ? .sharedPalette(pass) : .pass(pass))
    }
}

/// What recipes call `round`.
extension RuleParser {
    func round(_ value: YAMLValue) throws -> Step {
        let entries =
            value.isMapping
            ? try value.mapping(of: "round", keys: ["step", "dead-zone", "non-finite"]) : ["step": value]
        guard let step = entries["step"] else { throw value.error("expected the key 'step' in round") }
        let size = try step.double(
            "step", in: Double(Float.leastNormalMagnitude)...Double(Float.greatestFiniteMagnitude))
        let deadZone = try entries["dead-zone"]?.double("dead-zone", in: 0.5...1) ?? 0.5
        let keeps = try entries["non-finite"].map(RuleParser.keepsNonFinite) ?? keepsNonFinite
        return Step(
            line: value.line,
            label: "round to steps of \(Float(size))" + (deadZone == 0.5 ? "" : ", dead zone \(deadZone)"),
            action: .pass(
                try RoundToStep(step: Float(size), deadZone: Float(deadZone), keepingNonFinite: keeps)))
    }
}
