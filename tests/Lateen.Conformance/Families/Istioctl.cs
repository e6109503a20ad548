using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;
using Lateen.Inspection.ProxyStatus;

namespace Lateen.Conformance.Families;

/// <summary>The <c>istioctl</c> family: what the command line prints for saved dumps and debug answers.</summary>
internal sealed class Istioctl : IConformanceFamily
{
    public string Name => "istioctl";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "syncz" => Syncz(conformanceCase),
        "check-inject" => Injection.CheckInjectCases.Run(conformanceCase),
        "function" when conformanceCase.Id.StartsWith("pc-routes.domains", StringComparison.Ordinal) => Compare(
            (string)conformanceCase.Expected!["text"]!,
            RouteTable.Domains([.. ((JsonArray)conformanceCase.Inputs["domains"]!).Select(d => (string)d!)])),
        _ => CaseResult.Skipped("this command is not there yet"),
    };

    private static CaseResult Syncz(ConformanceCase conformanceCase)
    {
        var answers = ((JsonObject)conformanceCase.Inputs["syncz"]!).ToDictionary(p => p.Key, p => p.Value!.ToJsonString());
        bool mustFail = conformanceCase.Expected!["fails"] is { } fails && (bool)fails;
        try
        {
            string table = ProxyStatusTable.Render(answers);
            return mustFail ? CaseResult.Failed("accepted an answer that is no sync status") : Compare(conformanceCase.Text(conformanceCase.Expected["stdout"])!, table);
        }
        catch (InvalidDataException e)
        {
            return mustFail ? CaseResult.Passed : CaseResult.Failed(e.Message);
        }
    }

    private static CaseResult Compare(string expected, string actual) =>
        Trimmed(expected) == Trimmed(actual) ? CaseResult.Passed : CaseResult.Failed($"expected:\n{expected}\nfound:\n{actual}");

    private static string Trimmed(string text) => string.Join('\n', text.Split('\n').Select(l => l.TrimEnd())).TrimEnd();
}
