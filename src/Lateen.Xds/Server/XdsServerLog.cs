using Microsoft.Extensions.Logging;

namespace Lateen.Xds.Server;

internal static partial class XdsServerLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "ADS: new connection for node:{ConnectionId} from {Address}, {Variant}")]
    public static partial void Connected(ILogger logger, string connectionId, string address, string variant);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "ADS: {ConnectionId} terminated")]
    public static partial void Disconnected(ILogger logger, string connectionId);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "{Type}: PUSH for node:{ConnectionId} resources:{Resources} size:{Bytes}B in {Milliseconds} ms")]
    public static partial void Pushed(ILogger logger, string type, string connectionId, int resources, int bytes, double milliseconds);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "ADS:{Type}: {ConnectionId} refused the configuration: {Error}")]
    public static partial void Rejected(ILogger logger, string type, string connectionId, string error);

    [LoggerMessage(EventId = 5, Level = LogLevel.Debug, Message = "ADS:{Type}: {ConnectionId} sent an expired nonce")]
    public static partial void Stale(ILogger logger, string type, string connectionId);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "ADS: stream of {Node} from {Address} refused: {Error}")]
    public static partial void Refused(ILogger logger, string node, string address, string error);
}
