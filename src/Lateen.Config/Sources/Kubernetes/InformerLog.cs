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

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "{Type}: may not be listed, so {Consequence}. Grant get, list and watch on them in the ClusterRole of this service account. {Answer}")]
    public static partial void Forbidden(ILogger logger, ResourceType type, string consequence, string answer);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "{Type}: may be listed now")]
    public static partial void Allowed(ILogger logger, ResourceType type);
}
