using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Controllers;

internal static partial class ControllerLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "{Controller} {Key}: trying again after a race: {Error}")]
    public static partial void Raced(ILogger logger, string controller, ObjectKey key, string error);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "{Controller} {Key}: trying again: {Error}")]
    public static partial void Failed(ILogger logger, string controller, ObjectKey key, string error);

    [LoggerMessage(EventId = 3, Level = LogLevel.Debug, Message = "Event {Reason} of {Key} was not recorded: {Error}")]
    public static partial void EventLost(ILogger logger, string reason, ObjectKey key, string error);
}
