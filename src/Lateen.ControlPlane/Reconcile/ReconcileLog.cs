using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Reconcile;

internal static partial class ReconcileLog
{
    [LoggerMessage(2001, LogLevel.Warning, "{Controller}: {Key} not done, trying again: {Reason}")]
    public static partial void Failed(ILogger logger, string controller, string key, string reason);
}
