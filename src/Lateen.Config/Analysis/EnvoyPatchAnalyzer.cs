using System.Text.Json;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0151 to IST0155: EnvoyFilter patches whose operation depends on the order of filters, or is ignored at its place.</summary>
internal sealed class EnvoyPatchAnalyzer : IAnalyzer
{
    private const string IgnoredOnRoutes = "operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.";

    public string Name => "envoyfilter.EnvoyPatchAnalyzer";

    public string Description => "Checks operations of EnvoyFilter patches against their place";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        // Filters that an earlier patch already touches for some proxy versions only.
        var versioned = new HashSet<string>();
        foreach (var filter in mesh.Of<EnvoyFilterConfig>())
        {
            for (var i = 0; i < filter.ConfigPatches.Count; i++)
            {
                var patch = filter.ConfigPatches[i];
                var at = mesh.At(filter.Meta, $"spec.configPatches[{i}].patch.operation");
                if (Check(patch, filter.Priority, versioned, at) is { } problem)
                {
                    yield return problem;
                }

                if (patch.Match.ProxyVersion.Length > 0)
                {
                    versioned.Add(FilterName(patch));
                }
            }
        }
    }

    private static ConfigProblem? Check(EnvoyConfigPatch patch, int priority, HashSet<string> versioned, ConfigLocation at)
    {
        var onRoutes = patch.ApplyTo is EnvoyFilterApplyTo.RouteConfiguration or EnvoyFilterApplyTo.HttpRoute;
        var onFilters = patch.ApplyTo is EnvoyFilterApplyTo.NetworkFilter or EnvoyFilterApplyTo.HttpFilter;
        return patch.Operation switch
        {
            EnvoyFilterOperation.Add when onRoutes => ConfigProblem.Error("IST0153", $"The ADD {IgnoredOnRoutes}", at),
            EnvoyFilterOperation.Remove when onRoutes => ConfigProblem.Error("IST0154", $"The REMOVE {IgnoredOnRoutes}", at),
            EnvoyFilterOperation.Replace when !onFilters =>
                ConfigProblem.Error("IST0152", "The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.", at),
            EnvoyFilterOperation.Remove or EnvoyFilterOperation.Replace or EnvoyFilterOperation.InsertBefore or EnvoyFilterOperation.InsertAfter
                when priority == 0 => Relative(versioned.Contains(FilterName(patch)), at),
            _ => null,
        };
    }

    private static ConfigProblem Relative(bool versioned, ConfigLocation at) => versioned
        ? ConfigProblem.Warning(
            "IST0155",
            "The operation places the patch relative to a filter that an earlier EnvoyFilter changes for one proxy version only, and no priority says which comes "
            + "first: during an upgrade it may find nothing to apply to. Set spec.priority, or use INSERT_FIRST or ADD.",
            at)
        : ConfigProblem.Warning(
            "IST0151",
            "The operation places the patch relative to another filter, and no priority says which EnvoyFilter comes first: it may find nothing to apply to. "
            + "Set spec.priority, or use INSERT_FIRST or ADD.",
            at);

    // The name in the value; where there is none, the filter that is matched.
    private static string FilterName(EnvoyConfigPatch patch)
    {
        if (patch.ValueJson is not { } json)
        {
            return "";
        }

        using var value = JsonDocument.Parse(json);
        return value.RootElement.ValueKind == JsonValueKind.Object && value.RootElement.TryGetProperty("name", out var name)
            ? name.ToString()
            : patch.Match.Listener?.FilterChain?.FilterName ?? "";
    }
}
