using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Node;

internal static partial class NodeLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Pod {Pod}: taken")]
    public static partial void PodTaken(ILogger logger, ObjectKey pod);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Pod {Pod}: gone")]
    public static partial void PodGone(ILogger logger, ObjectKey pod);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "Pod {Pod}: the node failed to run it")]
    public static partial void PodFailed(ILogger logger, Exception error, ObjectKey pod);

    [LoggerMessage(EventId = 4, Level = LogLevel.Debug, Message = "Pod {Pod}: status not written, trying again: {Error}")]
    public static partial void StatusNotWritten(ILogger logger, ObjectKey pod, string error);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "The service rules were not written; ClusterIPs lead where they led before: {Error}")]
    public static partial void RulesNotWritten(ILogger logger, string error);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "The node was not registered, trying again: {Error}")]
    public static partial void NotRegistered(ILogger logger, string error);

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "Pod {Pod}: volumes not refreshed, containers keep what they see: {Error}")]
    public static partial void VolumesNotRefreshed(ILogger logger, ObjectKey pod, string error);
}
