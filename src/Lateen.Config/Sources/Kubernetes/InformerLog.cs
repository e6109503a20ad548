using Microsoft.Extensions.Logging;

namespace Lateen.Config.Sources.Kubernetes;

internal static partial class InformerLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "{Type}: resource version {Version} is too old to watch from; listing again")]
    public static partial void Expired(ILogger logger, ResourceType type, string version);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "{Type}: keeping the last known objects while the API server fails: {Error}")]
    public static partial void Failed(ILogger logger, ResourceType type, string error);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "{Type} {Key}: this state of the object was not taken")]
    public static partial void Refused(ILogger logger, Exception error, ResourceType type, ObjectKey key);
}
