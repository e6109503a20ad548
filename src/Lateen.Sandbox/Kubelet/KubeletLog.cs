using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Kubelet;

internal static partial class KubeletLog
{
    [LoggerMessage(1, LogLevel.Information, "The kubelet endpoint listens on {Address}:{Port}")]
    public static partial void Started(ILogger log, string address, int port);

    [LoggerMessage(2, LogLevel.Error, "{Path} failed by a fault of the kubelet endpoint")]
    public static partial void RequestFailed(ILogger log, Exception problem, string path);

    [LoggerMessage(3, LogLevel.Debug, "The client of {Path} went away: {Reason}")]
    public static partial void ClientGone(ILogger log, string path, string reason);
}
