using System.Text.Json.Nodes;
using Google.Protobuf;
using Lateen.Conformance.Families.Pilot;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>What the kinds share: comparing values, messages and sets.</summary>
internal static class KindChecks
{
    public static CaseResult Compare(JsonNode? expected, JsonNode? actual) =>
        JsonDifference.First(expected, actual) is { } difference ? CaseResult.Failed(difference) : CaseResult.Passed;

    public static CaseResult Compare(string expected, string actual) =>
        expected == actual ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found {actual}");

    public static CaseResult Compare(bool expected, bool actual) =>
        expected == actual ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found {actual}");

    /// <summary>Both as messages: defaults and the order of keys do not count.</summary>
    public static CaseResult CompareMessage(JsonNode? expected, IMessage? actual) =>
        MessageAssertions.Difference(expected, actual is null ? null : MessageAssertions.Json(actual)) is { } difference
            ? CaseResult.Failed(difference)
            : CaseResult.Passed;

    /// <summary>The same texts, whatever their order.</summary>
    public static CaseResult CompareSet(IEnumerable<string> expected, IEnumerable<string> actual) =>
        JsonDifference.First(Sorted(expected), Sorted(actual)) is { } difference
            ? CaseResult.Failed($"{difference}; all found: {Sorted(actual).ToJsonString()}")
            : CaseResult.Passed;

    /// <summary>The texts of a list; none where the value is absent.</summary>
    public static IEnumerable<string> Texts(JsonNode? list) => (list as JsonArray ?? []).Select(item => (string)item!);

    private static JsonArray Sorted(IEnumerable<string> texts) =>
        new([.. texts.Order(StringComparer.Ordinal).Select(text => (JsonNode)text)]);
}
