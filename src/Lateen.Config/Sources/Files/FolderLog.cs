using Microsoft.Extensions.Logging;

namespace Lateen.Config.Sources.Files;

internal static partial class FolderLog
{
    [LoggerMessage(1101, LogLevel.Warning, "{Problem}; the last good content of the file stays in force")]
    public static partial void Unreadable(ILogger logger, ConfigProblem problem);

    [LoggerMessage(1102, LogLevel.Warning, "{Folder} can not be listed, what was read before stays in force: {Reason}")]
    public static partial void FolderUnreadable(ILogger logger, string folder, string reason);
}
