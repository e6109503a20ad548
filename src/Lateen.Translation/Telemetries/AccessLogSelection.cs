using Lateen.Model.Mesh;
using Lateen.Model.Telemetry;

namespace Lateen.Translation.Telemetries;

/// <summary>Which providers log the calls of one side, and which of them (a CEL expression; null = all).</summary>
/// <param name="IsConfigured">False where nothing is said: the mesh's own access log file holds.</param>
internal sealed record AccessLogSelection(bool IsConfigured, IReadOnlyDictionary<string, string?> Filters)
{
    public static AccessLogSelection Of(EffectiveTelemetry telemetry, MeshConfig mesh, WorkloadMode side)
    {
        var defaults = mesh.DefaultProviders.AccessLogging;
        var levels = telemetry.Levels.Where(level => !level.AccessLogging.IsEmpty).ToList();
        if (levels.Count == 0)
        {
            return new(!defaults.IsEmpty, defaults.ToDictionary(name => name, _ => (string?)null));
        }

        // The last level that names providers for this side decides which are meant at all.
        var scope = levels
            .Select(level => level.AccessLogging.Where(entry => IsMeant(entry, side)).SelectMany(entry => entry.Providers).ToHashSet())
            .LastOrDefault(names => names.Count > 0) ?? [.. defaults];
        var result = new Dictionary<string, string?>();
        var inherited = defaults;
        foreach (var entry in levels.SelectMany(level => level.AccessLogging))
        {
            var providers = entry.Providers.IsEmpty ? inherited : entry.Providers;
            inherited = providers;
            if (!IsMeant(entry, side))
            {
                continue;
            }

            foreach (var provider in providers.Where(scope.Contains))
            {
                if (entry.Disabled == true)
                {
                    result.Remove(provider);
                }
                else
                {
                    result[provider] = entry.FilterExpression;
                }
            }
        }

        return new(true, result);
    }

    private static bool IsMeant(AccessLoggingSettings entry, WorkloadMode side) =>
        entry.Mode is null or WorkloadMode.ClientAndServer || entry.Mode == side;
}
