using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Lateen.Model.Mesh;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Listeners;

/// <summary>Access logs of connection managers, TCP proxies and listeners: by Telemetry, else the mesh's log file.</summary>
internal static class AccessLogs
{
    public static IEnumerable<AccessLog> Build(ProxyContext context, TrafficDirection direction)
    {
        var selection = Selection(context, direction);
        return selection.IsConfigured ? Loggers(context, selection).Select(logger => logger.Log) : OfMesh(context.Mesh);
    }

    /// <summary>What listeners log of connections that no chain takes (Envoy's response flag NR).</summary>
    public static IEnumerable<AccessLog> ForListener(ProxyContext context, TrafficDirection direction)
    {
        var selection = Selection(context, direction);
        if (!selection.IsConfigured && context.Mesh.DisableEnvoyListenerLog)
        {
            yield break;
        }

        foreach (var log in Build(context, direction))
        {
            var unmatched = new AccessLogFilter { ResponseFlagFilter = new() { Flags = { "NR" } } };
            log.Filter = log.Filter is null ? unmatched : new() { AndFilter = new() { Filters = { unmatched, log.Filter } } };
            yield return log;
        }
    }

    /// <summary>The loggers of the providers that are chosen, in the order of their names.</summary>
    public static IEnumerable<(string Provider, AccessLog Log)> Loggers(ProxyContext context, AccessLogSelection selection)
    {
        foreach (var (name, expression) in selection.Filters.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var provider = context.Mesh.ExtensionProviders.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));
            var log = provider is null ? null : AccessLoggers.Build(context, provider);
            if (log is not null)
            {
                yield return (name, expression is null ? log : AccessLoggers.Filtered(log, expression));
            }
            else if (provider is not (StackdriverProvider or PrometheusProvider))
            {
                Report(context, name, provider is ServiceProvider { Service: var service } ? $"its service {service} is not known" : "meshConfig.extensionProviders has no such access log");
            }
        }
    }

    private static AccessLogSelection Selection(ProxyContext context, TrafficDirection direction) =>
        AccessLogSelection.Of(context.Telemetry, context.Mesh, TelemetryFilters.SideOf(ListenerClasses.Of(context, direction)));

    private static IEnumerable<AccessLog> OfMesh(MeshConfig mesh) => mesh.AccessLogFile.Length == 0
        ? []
        : [mesh.AccessLogEncoding == AccessLogEncoding.Json
            ? AccessLoggers.File(mesh.AccessLogFile, null, mesh.AccessLogFormat)
            : AccessLoggers.File(mesh.AccessLogFile, mesh.AccessLogFormat, null)];

    private static void Report(ProxyContext context, string name, string what)
    {
        foreach (var level in context.Telemetry.Levels.Where(level => level.AccessLogging.Any(entry => entry.Providers.Contains(name))))
        {
            context.Report(level.Meta, "spec.accessLogging[].providers[].name", $"provider {name}: {what}; nothing is logged to it", "name an access log provider of meshConfig.extensionProviders");
        }
    }
}
