using Lateen.Logging;
using Lateen.Proxy.Admin;

namespace Lateen.Agent.Hosting;

/// <summary>The process's log levels behind the admin page.</summary>
internal sealed class LogLevelControl(LogLevels levels) : ILogLevelControl
{
    public IReadOnlyList<KeyValuePair<string, string>> Levels() =>
        [.. levels.List().Select(l => new KeyValuePair<string, string>(l.Key, LogLevels.Name(l.Value)))];

    public bool TrySet(string logger, string level)
    {
        if (!LogLevels.TryParseLevel(level, out var parsed))
        {
            return false;
        }
        levels.Set(logger.Length == 0 ? "all" : logger, parsed);
        return true;
    }
}
