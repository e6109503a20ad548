using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Webhooks;

internal static partial class InjectionLog
{
    [LoggerMessage(2251, LogLevel.Information, "Sidecars are injected from ConfigMap {Name} with {Templates} templates from now on")]
    public static partial void ConfigRead(ILogger logger, string name, int templates);

    [LoggerMessage(2252, LogLevel.Error, "ConfigMap {Name} cannot be used for injection, the one before it stays: {Reason}")]
    public static partial void ConfigRefused(ILogger logger, string name, string reason);

    [LoggerMessage(2253, LogLevel.Information, "Injected pod {Pod}")]
    public static partial void Injected(ILogger logger, string pod);

    [LoggerMessage(2254, LogLevel.Information, "Skipping {Pod} due to policy check: {Reason}")]
    public static partial void Skipped(ILogger logger, string pod, string reason);

    [LoggerMessage(2255, LogLevel.Error, "Pod {Pod} was refused because it cannot be injected: {Reason}")]
    public static partial void Refused(ILogger logger, string pod, string reason);

    [LoggerMessage(2256, LogLevel.Warning, "A call to the injection webhook was turned away with status {Status}: {Reason}")]
    public static partial void TurnedAway(ILogger logger, int status, string reason);

    [LoggerMessage(2257, LogLevel.Critical, "Pod injection failed by a fault of lateend")]
    public static partial void Faulted(ILogger logger, Exception fault);
}
