using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Discovery;

internal static partial class DiscoveryLog
{
    [LoggerMessage(2401, LogLevel.Error, "Resources {TypeUrl} for {Proxy} could not be made, it keeps what it has; this is a bug of Lateen")]
    public static partial void GenerationFailed(ILogger logger, Exception exception, string typeUrl, string proxy);

    [LoggerMessage(2402, LogLevel.Warning, "{Proxy} refused what was made of {Object}: {Resources}; the proxy keeps what it had")]
    public static partial void Traced(ILogger logger, string proxy, string @object, string resources);
}
