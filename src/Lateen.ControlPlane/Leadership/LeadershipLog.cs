using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Leadership;

internal static partial class LeadershipLog
{
    [LoggerMessage(2501, LogLevel.Information, "{Identity} leads now and writes status and root certificates (Lease {Namespace}/{Name})")]
    public static partial void Won(ILogger logger, string identity, string @namespace, string name);

    [LoggerMessage(2502, LogLevel.Warning, "{Identity} leads no longer (Lease {Namespace}/{Name})")]
    public static partial void Lost(ILogger logger, string identity, string @namespace, string name);

    [LoggerMessage(2503, LogLevel.Warning, "Lease {Namespace}/{Name} can not be reached, trying again: {Reason}")]
    public static partial void Unreachable(ILogger logger, string @namespace, string name, string reason);
}
