using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Api;

internal static partial class ApiServerLog
{
    [LoggerMessage(1, LogLevel.Information, "The API endpoint listens on {Address} at resourceVersion {Version}")]
    public static partial void Started(ILogger log, Uri address, long version);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed by a fault of the endpoint")]
    public static partial void RequestFailed(ILogger log, Exception problem, string method, string path);

    [LoggerMessage(3, LogLevel.Debug, "The client of {Path} went away: {Reason}")]
    public static partial void ClientGone(ILogger log, string path, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Webhook {Webhook} failed and its failurePolicy is Ignore: {Reason}")]
    public static partial void WebhookIgnored(ILogger log, string webhook, string reason);
}
