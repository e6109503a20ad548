using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Hosting;

internal static partial class AgentLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Version {Version}; {Role} {Id}, control plane {Discovery}, {Concurrency} threads")]
    public static partial void Starting(ILogger logger, string version, string role, string id, string discovery, int concurrency);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Agent draining Proxy")]
    public static partial void Draining(ILogger logger);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Graceful termination period is {Seconds}s, starting...")]
    public static partial void Terminating(ILogger logger, double seconds);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "There are still {Connections} active connections")]
    public static partial void StillActive(ILogger logger, long connections);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "Agent has successfully terminated")]
    public static partial void Terminated(ILogger logger);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Envoy proxy is ready")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "Envoy proxy is NOT ready: {Reason}")]
    public static partial void NotReady(ILogger logger, string reason);

    [LoggerMessage(EventId = 8, Level = LogLevel.Warning, Message = "no token at {Path}: the control plane is asked without one")]
    public static partial void NoToken(ILogger logger, string path);

    [LoggerMessage(EventId = 9, Level = LogLevel.Information, Message = "serving from the configuration kept in {Path} until the control plane answers ({Resources} resources)")]
    public static partial void Restored(ILogger logger, string path, int resources);

    [LoggerMessage(EventId = 10, Level = LogLevel.Warning, Message = "the kept configuration in {Path} is not usable: {Error}")]
    public static partial void NotRestored(ILogger logger, string path, string error);

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "{Type}: {Problem}")]
    public static partial void Refused(ILogger logger, string type, string problem);

    [LoggerMessage(EventId = 12, Level = LogLevel.Warning, Message = "application metrics at {Url} failed: {Error}")]
    public static partial void ScrapeFailed(ILogger logger, string url, string error);

    [LoggerMessage(EventId = 13, Level = LogLevel.Information, Message = "Interception works: a connection of the sidecar's own was captured")]
    public static partial void Intercepted(ILogger logger);

    [LoggerMessage(EventId = 14, Level = LogLevel.Warning, Message = "Interception does not work, the sidecar stays not ready: {Problem}")]
    public static partial void NotIntercepted(ILogger logger, string problem);

    [LoggerMessage(EventId = 15, Level = LogLevel.Information, Message = "{Path}: {Resources} resources applied")]
    public static partial void FileApplied(ILogger logger, string path, int resources);
}
