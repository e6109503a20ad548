using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Identity;

internal static partial class IdentityLog
{
    [LoggerMessage(2501, LogLevel.Warning, "Refused a call from {Peer}: {Reason}")]
    public static partial void Refused(ILogger logger, string peer, string reason);

    [LoggerMessage(2502, LogLevel.Warning, "The API server can not be asked about a caller: {Reason}")]
    public static partial void ReviewFailed(ILogger logger, string reason);
}
