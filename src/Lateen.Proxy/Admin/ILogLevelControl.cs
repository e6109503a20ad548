namespace Lateen.Proxy.Admin;

/// <summary>The log levels of the process, as the logging page shows and sets them.</summary>
public interface ILogLevelControl
{
    /// <summary>Every logger and its level's name, in order.</summary>
    IReadOnlyList<KeyValuePair<string, string>> Levels();

    /// <summary>Sets one logger, or all for an empty name; false when the level is not known.</summary>
    bool TrySet(string logger, string level);
}
