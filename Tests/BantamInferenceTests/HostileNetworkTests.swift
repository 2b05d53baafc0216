import BantamInference
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Every file under Hostile/ is refused with one line; none of them traps or takes long.
@Suite struct HostileNetworkTests {
    private static let folder = fixtures().deletingLastPathComponent().appendingPathComponent("Hostile")
    static let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()

    @Test(arguments: names) func isRefusedWithOneLine(name: String) throws {
        let path = HostileNetworkTests.folder.appendingPathComponent(name).path
        let error = try #require(bantamError { _ = try Network(contentsOf: path) })
        #expect(error.kind == .corruption)
        #expect(error.file == path)
        #expect(!error.description.contains { $0.isNewline })
    }

    @Test func thereIsACorpus() { #expect(HostileNetworkTests.names.count >= 70) }

    @Test func faultsNameLineAndLayer() {
        func message(_ name: String) -> String? {
            let path = HostileNetworkTests.folder.appendingPathComponent(name).path
            return bantamError { _ = try Network(contentsOf: path) }?.message
        }
        #expect(message("unknown-layer.yaml") == "line 2: layer 1 (selu): unknown layer")
        #expect(message("linear-no-weight.yaml") == "line 4: layer 2 (linear): expected the key 'weight'")
        #expect(
            message("linear-unknown.yaml")
                == "line 3: unknown key 'wait' in layer 1 (linear); expected bias, weight")
        #expect(
            message("conv-stride-zero.yaml")
                == "line 3: expected 'stride' of layer 1 (conv2d), a whole number from 1 to 65536, found '0'")
        #expect(message("pool-bare.yaml") == "line 3: layer 1 (max_pool2d): expected the key 'kernel'")
        #expect(
            message("embedding-second.yaml")
                == "line 4: layer 2 (embedding): expected an embedding as the first layer only: it takes ids")
        #expect(
            message("residual-inner.yaml")
                == "line 3: expected layer 1.2 as a mapping, found a list")
        #expect(
            message("relu-option.yaml") == "line 3: layer 1 (relu): expected no options, found a mapping")
    }

    /// Every prefix and many single changes of a network that uses every option.
    @Test func damagedNetworksNeverTrap() {
        let whole = Array(ReferenceCase.all.map(\.yaml).joined(separator: "\n").utf8)
        let sample = Array(
            """
            input: [4, 6, 5]
            layers:
              - conv2d: {weight: w, bias: b, padding: [1, 2], stride: 2, dilation: 1, groups: 2}
              - batch_norm: {weight: w, bias: b, mean: m, variance: v, epsilon: 0.1}
              - max_pool2d: {kernel: [2, 1], stride: 1, padding: 0}
              - residual:
                  - relu
                  - residual: [gelu: {approximate: tanh}, leaky_relu: {slope: 0.1}]
              - flatten
              - linear: {weight: w}
            task: classification
            """.utf8)
        var generator = SeededGenerator(seed: 7)
        var parsed = 0
        for length in 0...sample.count { parsed += attempt(sample.prefix(length)) }
        for _ in 0..<2000 {
            var text = sample
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                text[Int.random(in: text.indices, using: &generator)] = whole.randomElement(
                    using: &generator)!
            }
            parsed += attempt(text[...])
        }
        #expect(parsed > 0)
    }

    /// 1 if the text is a network.
    private func attempt(_ text: ArraySlice<UInt8>) -> Int {
        do {
            _ = try Network(yaml: String(decoding: text, as: UTF8.self), file: "damaged")
            return 1
        } catch let error as BantamError {
            #expect(error.file == "damaged" && error.kind == .corruption)
        } catch {
            Issue.record("expected a BantamError, found \(error)")
        }
        return 0
    }
}
