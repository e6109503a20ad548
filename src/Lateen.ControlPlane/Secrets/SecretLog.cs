using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Secrets;

internal static partial class SecretLog
{
    [LoggerMessage(2601, LogLevel.Warning, "Proxy {Proxy} asks for secrets without a proven identity and gets none; connect to 15012 with a token")]
    public static partial void NotAuthenticated(ILogger logger, string proxy);

    [LoggerMessage(2602, LogLevel.Warning, "Proxy {Proxy} may not have secret {Name}: {Reason}")]
    public static partial void Refused(ILogger logger, string proxy, string name, string reason);

    [LoggerMessage(2603, LogLevel.Warning, "Secret {Name} for proxy {Proxy} can not be made: {Reason}")]
    public static partial void Unusable(ILogger logger, string name, string proxy, string reason);
}
