import BantamInference
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Testing

@Suite struct TestDataTests {
    /// A file that is all in memory.
    private struct MemoryFile: TensorFile {
        let tensors: [(String, Tensor)]
        let path = "data.npz"
        let format = "memory"
        let fileByteCount = 0
        let metadata: [(key: String, value: String)] = []
        var entries: [TensorEntry] {
            tensors.map { TensorEntry(name: $0.0, dtype: $0.1.dtype, shape: $0.1.shape) }
        }
        func tensor(at index: Int) throws -> Tensor { tensors[index].1 }
    }

    private func labels(_ values: [Int64]) -> Tensor { Tensor(.int64, [values.count], values) }

    private func message(_ tensors: (String, Tensor)...) -> String? {
        bantamError { _ = try TestData(MemoryFile(tensors: tensors), classes: 3) }?.description
    }

    @Test func labelsOfAnyIntegerTypeAreRead() throws {
        for labels in [
            labels([0, 2, 1]), Tensor(.uint8, [3], [0, 2, 1] as [UInt8]),
            Tensor(.int16, [3], [0, 2, 1] as [Int16]),
        ] {
            let file = MemoryFile(tensors: [
                ("other", normal([2], seed: 1)), ("labels", labels), ("inputs", normal([3, 4], seed: 1)),
            ])
            let data = try TestData(file, classes: 3)
            #expect(data.labels == [0, 2, 1])
            #expect(data.inputs.shape == [3, 4])
        }
    }

    @Test func faultsNameFileAndTensor() {
        let inputs = ("inputs", normal([2, 4], seed: 1))
        #expect(
            message(("labels", labels([0]))) == "data.npz: tensor 'inputs': expected this tensor, found none")
        #expect(message(inputs) == "data.npz: tensor 'labels': expected this tensor, found none")
        #expect(
            message(inputs, ("labels", labels([0, 1, 2])))
                == "data.npz: tensor 'labels': expected shape 2, one label per sample, found 3")
        #expect(
            message(inputs, ("labels", Tensor(.int64, [2, 1], [0, 1] as [Int64])))
                == "data.npz: tensor 'labels': expected shape 2, one label per sample, found 2×1")
        #expect(
            message(inputs, ("labels", normal([2], seed: 1)))
                == "data.npz: tensor 'labels': expected an integer dtype, found float32")
        #expect(
            message(inputs, ("labels", labels([0, 3])))
                == "data.npz: tensor 'labels': sample 1: expected a label from 0 to 2, found 3")
        #expect(
            message(inputs, ("labels", labels([-1, 0])))
                == "data.npz: tensor 'labels': sample 0: expected a label from 0 to 2, found -1")
        #expect(
            message(inputs, ("labels", Tensor(.uint64, [2], [UInt64.max, 0])))
                == "data.npz: tensor 'labels': sample 0: expected a label from 0 to 2, found a larger one")
        #expect(
            message(("inputs", normal([0, 4], seed: 1)), ("labels", labels([])))
                == "data.npz: tensor 'inputs': expected samples, found none")
        #expect(
            message(("inputs", normal([], seed: 1)), ("labels", labels([])))
                == "data.npz: tensor 'inputs': expected samples along axis 0, found a scalar")
    }
}
