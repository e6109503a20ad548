using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Status;

internal static partial class StatusLog
{
    [LoggerMessage(2701, LogLevel.Warning, "ConfigMap {Name}: this replica's count of proxies is not written, so that status lacks them; trying again: {Reason}")]
    public static partial void ReportNotWritten(ILogger logger, string name, string reason);
}
