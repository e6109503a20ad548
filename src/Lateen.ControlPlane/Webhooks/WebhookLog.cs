using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Webhooks;

internal static partial class WebhookLog
{
    [LoggerMessage(2201, LogLevel.Information, "Wrote the root certificate into {Kind} {Name}")]
    public static partial void BundleWritten(ILogger logger, string kind, string name);

    [LoggerMessage(2202, LogLevel.Information, "Refused {Object}: {Reason}")]
    public static partial void Refused(ILogger logger, string @object, string reason);

    [LoggerMessage(2203, LogLevel.Warning, "A call to {Path} could not be read: {Reason}")]
    public static partial void Unreadable(ILogger logger, string path, string reason);
}
