using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Agent.Identity;
using Lateen.Conformance.Families.PilotTables;
using Lateen.ControlPlane.Identity;
using Lateen.Security;

namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>Identities, tokens, and certificates' names and times.</summary>
internal static class IdentityKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["spiffe-uri"] = Uri,
        ["spiffe-parse"] = Parse,
        ["spiffe-expand"] = c => KindChecks.CompareSet(
            ((JsonObject)c.Expected!["want"]!).Select(identity => identity.Key),
            SpiffeId.InTrustDomains(KindChecks.Texts(c.Inputs["spiffeURI"]), KindChecks.Texts(c.Inputs["trustDomains"])).Distinct()),
        ["bearer-token"] = c => KindChecks.Compare(
            (string)c.Expected!["expectedToken"]!, CallerAuthenticator.BearerToken(KindChecks.Texts(c.Inputs["metadata"]!["authorization"])) ?? ""),
        ["sds-resource-name"] = FileName,
        ["cert-rotate-time"] = Rotation,
    };

    /// <summary>A wrong identity is one that is not read again.</summary>
    private static CaseResult Uri(ConformanceCase c)
    {
        var text = new SpiffeId((string)c.Inputs["trustDomain"]!, (string?)c.Inputs["namespace"] ?? "", (string?)c.Inputs["serviceAccount"] ?? "").ToString();
        return KindChecks.Compare((string?)c.Expected!["expectedURI"] ?? "", SpiffeId.TryParse(text, out _) ? text : "");
    }

    private static CaseResult Parse(ConformanceCase c)
    {
        var expected = c.Expected!["expected"];
        if (expected is JsonObject parts && parts.Any(part => (string?)part.Value == ""))
        {
            return CaseResult.Skipped("an identity without a namespace or account is refused: a SPIFFE ID has no empty segments (SPIFFE ID, 2.2)");
        }

        var found = SpiffeId.TryParse((string)c.Inputs["input"]!, out var id)
            ? new JsonObject { ["trustDomain"] = id.TrustDomain, ["namespace"] = id.Namespace, ["serviceAccount"] = id.ServiceAccount }
            : null;
        return KindChecks.Compare(expected, found);
    }

    private static CaseResult FileName(ConformanceCase c)
    {
        var name = (string)c.Inputs["resource"]!;
        var found = FileSecretName.Parse(name);
        var isRoot = found?.IsRoots == true;
        return KindChecks.Compare(c.Expected, new JsonObject
        {
            ["root"] = isRoot,
            ["key"] = found is not null && !isRoot,
            ["output"] = new JsonObject
            {
                ["certificatePath"] = found?.Chain ?? "",
                ["privateKeyPath"] = found?.Key ?? "",
                ["caCertificatePath"] = found?.Roots ?? "",
            },
            ["rootResourceName"] = isRoot ? name : "",
            ["resourceName"] = found is null || isRoot ? "" : name,
        });
    }

    private static CaseResult Rotation(ConformanceCase c)
    {
        var schedule = new RotationSchedule((double)c.Inputs["gracePeriod"]!, 0, new Random(1));
        var now = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return KindChecks.Compare(
            (long)c.Expected!["expected"]!, (long)schedule.Delay(Time("created"), Time("expire"), now).TotalNanoseconds);

        DateTimeOffset Time(string field) => DateTimeOffset.Parse((string)c.Inputs[field]!, CultureInfo.InvariantCulture);
    }
}
