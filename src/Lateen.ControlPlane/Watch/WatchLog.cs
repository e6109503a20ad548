using Lateen.Config.Snapshots;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Watch;

internal static partial class WatchLog
{
    [LoggerMessage(2301, LogLevel.Error, "A change could not be taken and is left out; this is a bug of Lateen")]
    public static partial void ChangeFailed(ILogger logger, Exception exception);

    [LoggerMessage(2302, LogLevel.Error, "The mesh could not be built, the last good snapshot stays in force; this is a bug of Lateen")]
    public static partial void BuildFailed(ILogger logger, Exception exception);

    [LoggerMessage(2303, LogLevel.Debug, "Built snapshot {Version} from {Changes} changes, scope {Scope}, in {Milliseconds:0.0} ms")]
    public static partial void Built(ILogger logger, long version, int changes, UpdateScope scope, double milliseconds);

    [LoggerMessage(2304, LogLevel.Warning, "Not in force: {Problem}")]
    public static partial void Quarantined(ILogger logger, string problem);

    [LoggerMessage(2305, LogLevel.Information, "All sources are synced after {Milliseconds:0} ms")]
    public static partial void Synced(ILogger logger, double milliseconds);

    [LoggerMessage(2306, LogLevel.Warning, "MeshConfig is not usable, the last good one stays in force: {Problem}")]
    public static partial void MeshConfigRefused(ILogger logger, string problem);

    [LoggerMessage(2307, LogLevel.Warning, "A part of an Ingress is not served: {Problem}")]
    public static partial void IngressNotHonoured(ILogger logger, string problem);

    [LoggerMessage(2308, LogLevel.Warning, "The API server {Server} has another store than before (its namespace kube-system is not the same one). The last good configuration stays in force until every kind of the mesh can be listed from it: apply the CRDs after the objects of the mesh are back")]
    public static partial void StoreReplaced(ILogger logger, Uri server);

    [LoggerMessage(2309, LogLevel.Information, "Every kind was listed from the new store of {Server}: what it holds is in force")]
    public static partial void StoreTaken(ILogger logger, Uri server);
}
