import BantamEvaluator
import BantamTestSupport
import Testing

/// What `--require` accepts, and when it holds.
@Suite struct RequirementTests {
    @Test(arguments: [
        ("accuracy>=-0.5%", true), ("accuracy>=-0.4%", false), ("accuracy>=-0.005", true),
        ("accuracy>=94.5%", true), ("accuracy>=0.945", true), ("accuracy>=0.946", false),
        ("accuracy<=+0%", true), ("accuracy>=+0%", false), (" accuracy >= -0.5 % ", true),
        ("macro_f1>=-1%", true), ("agreement>=99%", true), ("agreement>=0.991", false),
        ("nll<=+0.05", true), ("nll<=+0.04", false), ("nll<=+20%", true), ("nll<=+19%", false),
        ("nll<=0.3", true), ("ratio>=4", true), ("ratio>=4.01", false), ("bits_per_weight<=8", true),
        ("bpw<=7.9", false), ("bpw<=-75%", true), ("bpw<=-24", true), ("bytes<=1000", true),
        ("bytes<=-75%", true), ("bytes<=-3001", false), ("bytes<=1e3", true), ("sqnr_db>=20", true),
        ("sqnr_db>=20.1", false), ("relative_error<=10%", true), ("relative_error<=0.0999", false),
        ("max_abs_error<=0.5", true), ("max_abs_error<=.49", false), ("cosine>=0.99", true),
        ("cosine>=99.9%", false), ("rmse<=0.41", true), ("rmse<=0.4", false),
    ])
    func holds(_ text: String, _ expected: Bool) throws {
        let result = try Requirement(text).check(sampleEvaluation(lost: 5))
        #expect(result.holds == expected, "\(result.message)")
    }

    /// Half a point of any number of samples, however the fractions round.
    @Test func exactlyHalfAPointLostHolds() throws {
        let requirement = try Requirement("accuracy>=-0.5%")
        for count in stride(from: 200, through: 40_000, by: 200) {
            for lost in [count / 200, count / 200 + 1] {
                var evaluation = sampleEvaluation()
                evaluation.original.metrics?.accuracy = Double(count - 7) / Double(count)
                evaluation.compressed.metrics?.accuracy = Double(count - 7 - lost) / Double(count)
                #expect(
                    try requirement.check(evaluation).holds == (lost == count / 200), "\(lost) of \(count)")
            }
        }
    }

    @Test func tinyBoundsAreNotForgiven() throws {
        var evaluation = sampleEvaluation()
        evaluation.totals.maxAbsError = 2e-10
        #expect(try !Requirement("max_abs_error<=1e-10").check(evaluation).holds)
        evaluation.totals.squaredError = 1e-18
        #expect(try !Requirement("relative_error<=0.000000009%").check(evaluation).holds)
        #expect(try Requirement("relative_error<=0.000000011%").check(evaluation).holds)
    }

    @Test func whatIsNotFiniteIsJudgedToo() throws {
        var evaluation = sampleEvaluation()
        evaluation.totals.squaredError = 0
        #expect(try Requirement("sqnr_db>=300").check(evaluation).holds)
        evaluation.totals.squaredError = .infinity
        #expect(try !Requirement("sqnr_db>=0").check(evaluation).holds)
        #expect(try !Requirement("relative_error<=1").check(evaluation).holds)
        evaluation.totals.squaredOriginal = .infinity
        #expect(try !Requirement("relative_error<=1").check(evaluation).holds)
        evaluation.compressed.metrics?.negativeLogLikelihood = .infinity
        #expect(try !Requirement("nll<=+10%").check(evaluation).holds)
    }

    @Test func messagesSayWhatWasFound() throws {
        let evaluation = sampleEvaluation(lost: 5)
        #expect(
            try Requirement("accuracy>=-0.4%").check(evaluation).message
                == "accuracy>=-0.4% does not hold: accuracy changed by -0.5 points, from 0.95 to 0.945")
        #expect(try Requirement("ratio>=4").check(evaluation).message == "ratio>=4 holds: ratio 4")
    }

    @Test(arguments: [
        "", "accuracy", "accuracy>0.5", "accuracy=0.5", "accuracy>=", "accuracy>=high", "accuracy>=nan",
        "accuracy>=inf", "accuracy>=0x1p2", "accuracy>=1e999", "accuracy>=95", "accuracy>=--1", "speed>=3",
        ">=3", "ratio>=+1", "ratio>=4%", "sqnr_db>=-3", "bytes<=5%", "max_abs_error<=-0.1", "agreement>=-1%",
        "Accuracy>=0.5", "accuracy>=0.5%%", "accuracy>=0.5 0.6", "accuracy=>0.5", "accuracy>==0.5",
    ])
    func whatMakesNoSenseIsRefused(_ text: String) {
        let error = bantamError { _ = try Requirement(text) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message.contains("expected") == true)
    }

    @Test func figuresThatWereNotMeasuredAreErrors() throws {
        let bare = sampleEvaluation(hasNetwork: false)
        for text in [
            "accuracy>=-0.5%", "accuracy>=0.5", "nll<=1", "agreement>=0.9", "macro_f1>=0.5", "top5>=0.5",
        ] {
            let error = bantamError { _ = try Requirement(text).check(bare) }
            #expect(error?.kind == .invalidArgument)
            #expect(error?.message.contains("expected a network and data") == true, "\(text)")
        }
        let error = bantamError { _ = try Requirement("top5>=0.5").check(sampleEvaluation()) }
        #expect(error?.message.contains("more than five classes") == true)
    }
}
