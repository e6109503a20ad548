using Microsoft.Extensions.Logging;

namespace Lateen.Proxy;

/// <summary>What the proxy says of itself.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(1, LogLevel.Information, "Accepted but not acting yet: {What}")]
    public static partial void NotYet(ILogger logger, string what);

    [LoggerMessage(2, LogLevel.Error, "A connection was given up because of a fault of this proxy")]
    public static partial void Fault(ILogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Warning, "Refused {Type} {Problem}; its last good version keeps serving")]
    public static partial void Refused(ILogger logger, string type, string problem);

    [LoggerMessage(4, LogLevel.Information, "Listening on {Address} for {Listener}")]
    public static partial void Listening(ILogger logger, string address, string listener);

    [LoggerMessage(5, LogLevel.Warning, "The page {Target} of {Listener} failed")]
    public static partial void PageFailed(ILogger logger, string target, string listener, Exception exception);

    [LoggerMessage(6, LogLevel.Debug, "Applied {Count} resources of {Type}, version {Version}: {Changed} changed, {Removed} removed")]
    public static partial void Applied(ILogger logger, int count, string type, string version, int changed, int removed);

    [LoggerMessage(7, LogLevel.Warning, "Resolving {Name} of cluster {Cluster} failed: {Reason}; its last addresses stay")]
    public static partial void ResolveFailed(ILogger logger, string name, string cluster, string reason);

    [LoggerMessage(20, LogLevel.Warning, "{Exporter} could not send to {Target}: {Reason}; what was to be sent is dropped and counted")]
    public static partial void ExportFailed(ILogger logger, string exporter, string target, string reason);
}
