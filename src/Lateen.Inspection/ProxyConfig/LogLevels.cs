namespace Lateen.Inspection.ProxyConfig;

/// <summary>The levels of <c>proxy-config log --level</c>, as requests to a proxy's <c>/logging</c> page.</summary>
public static class LogLevels
{
    private static readonly HashSet<string> Known = ["trace", "debug", "info", "warning", "warn", "error", "critical", "off"];

    /// <summary>
    /// Reads a comma list of `level`, `logger:level` and `logger=level`; a bare level is for all loggers and takes back what stands before it.
    /// </summary>
    /// <param name="levels">The list.</param>
    /// <param name="loggers">The page as it is now, which names the loggers.</param>
    /// <returns>Pages to ask for, in order; empty for an empty list.</returns>
    /// <exception cref="InvalidDataException">A level or a logger is not known.</exception>
    public static IReadOnlyList<string> Requests(string levels, string loggers)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(loggers);
        List<string> requests = [];
        foreach (string item in levels.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // Scopes of the control plane's own loggers may stand before: `ns::logger:level`.
            string plain = item[(item.IndexOf("::", StringComparison.Ordinal) is >= 0 and int at ? at + 2 : 0)..];
            int end = plain.IndexOfAny([':', '=']);
            if (end < 0)
            {
                requests.Clear();
                requests.Add($"logging?level={Level(plain)}");
                continue;
            }

            string logger = plain[..end];
            if (logger.Length == 0 || !loggers.Contains(logger, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"unrecognized logger name: {logger}");
            }

            requests.Add($"logging?{Uri.EscapeDataString(logger)}={Level(plain[(end + 1)..])}");
        }

        return requests;
    }

    private static string Level(string name) => Known.Contains(name)
        ? name == "warn" ? "warning" : name
        : throw new InvalidDataException($"unrecognized logging level: {name}");
}
