using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Translation.Policies.Authentication;

namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>Small tables on security policies: conditions, addresses of key sets.</summary>
internal static class PolicyKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["authz-condition"] = Condition,
        ["jwks-uri"] = KeySetUri,
    };

    private static CaseResult Condition(ConformanceCase conformanceCase)
    {
        var policy = new JsonObject
        {
            ["apiVersion"] = "security.istio.io/v1beta1",
            ["kind"] = "AuthorizationPolicy",
            ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "default" },
            ["spec"] = new JsonObject
            {
                ["rules"] = new JsonArray(new JsonObject { ["when"] = new JsonArray(conformanceCase.Inputs.DeepClone()) }),
            },
        };
        var decoded = IstioDecoder.Decode(JsonTree.From(policy));
        var isWrong = (bool?)conformanceCase.Expected!["wantError"] == true;
        return decoded.IsValid == !isWrong
            ? CaseResult.Passed
            : CaseResult.Failed($"expected {(isWrong ? "an error" : "none")}, found {string.Join("; ", decoded.Problems)}");
    }

    private static CaseResult KeySetUri(ConformanceCase conformanceCase)
    {
        var actual = JwksUri.Parse((string)conformanceCase.Inputs["in"]!);
        var json = actual is null ? null : new JsonObject
        {
            ["hostname"] = actual.Host,
            ["scheme"] = actual.Scheme,
            ["port"] = actual.Port,
            ["useSSL"] = actual.UsesTls,
        };
        return JsonDifference.First(conformanceCase.Expected!["expected"], json) is { } difference ? CaseResult.Failed(difference) : CaseResult.Passed;
    }
}
