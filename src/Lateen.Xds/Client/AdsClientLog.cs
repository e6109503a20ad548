using Microsoft.Extensions.Logging;

namespace Lateen.Xds.Client;

internal static partial class AdsClientLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "connected to the control plane")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "stream to the control plane ended: {Reason}; next attempt in {Milliseconds} ms")]
    public static partial void Lost(ILogger logger, string reason, long milliseconds);

    [LoggerMessage(EventId = 3, Level = LogLevel.Debug, Message = "{Type}: version {Version} applied, {Resources} resources, {Removed} removed")]
    public static partial void Applied(ILogger logger, string type, string version, int resources, int removed);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "{Type}: version {Version} refused, the last good one stays: {Error}")]
    public static partial void Refused(ILogger logger, string type, string version, string error);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "{Type}: applying version {Version} failed")]
    public static partial void Failed(ILogger logger, string type, string version, Exception exception);
}
