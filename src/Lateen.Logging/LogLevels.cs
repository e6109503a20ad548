using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Lateen.Logging;

/// <summary>The minimum level of each scope, as <c>--log_output_level default:info,ads:debug</c> spells it; changeable while running.</summary>
/// <remarks>
/// Istio's levels: debug, info, warn, error, fatal, none. A scope that is not named takes the level of <c>default</c>;
/// <c>all:debug</c> sets every scope, known and to come.
/// </remarks>
public sealed class LogLevels
{
    /// <summary>The scope that stands for every scope that is not named, and whose name is not printed.</summary>
    public const string DefaultScope = "default";

    private readonly ConcurrentDictionary<string, LogLevel> _levels = new(StringComparer.Ordinal);
    private volatile int _default = (int)LogLevel.Information;

    /// <summary>Reads a list of <c>scope:level</c> or a bare level for the default scope.</summary>
    /// <param name="text">Comma separated; empty means default:info.</param>
    /// <param name="levels">The levels; with default:info when the text is wrong.</param>
    /// <param name="problem">What is wrong and what would be right, or null.</param>
    public static bool TryParse(string text, out LogLevels levels, out string? problem)
    {
        levels = new LogLevels();
        problem = null;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.LastIndexOf(':');
            var scope = colon < 0 ? DefaultScope : part[..colon];
            if (!TryParseLevel(part[(colon + 1)..], out var level))
            {
                problem = $"log level \"{part}\": \"{part[(colon + 1)..]}\" is not one of debug, info, warn, error, fatal, none";
                levels = new LogLevels();
                return false;
            }
            levels.Set(scope, level);
        }
        return true;
    }

    /// <summary>Sets one scope; "default" and "all" set what is not named, "all" also forgets the named ones.</summary>
    public void Set(string scope, LogLevel level)
    {
        switch (scope)
        {
            case "all":
                _levels.Clear();
                _default = (int)level;
                break;
            case DefaultScope:
                _default = (int)level;
                break;
            default:
                _levels[scope] = level;
                break;
        }
    }

    /// <summary>The least level that this scope writes.</summary>
    public LogLevel Of(string scope) => _levels.TryGetValue(scope, out var level) ? level : (LogLevel)_default;

    /// <summary>What was set, default first, for a page that lists it.</summary>
    public IReadOnlyList<KeyValuePair<string, LogLevel>> List() =>
        [new(DefaultScope, (LogLevel)_default), .. _levels.OrderBy(p => p.Key, StringComparer.Ordinal)];

    /// <summary>Istio's word for a level.</summary>
    public static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        LogLevel.Critical => "fatal",
        _ => "none",
    };

    /// <summary>Reads one of Istio's or Envoy's words for a level.</summary>
    public static bool TryParseLevel(string text, out LogLevel level)
    {
        LogLevel? parsed = text.ToLowerInvariant() switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" or "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "fatal" or "critical" => LogLevel.Critical,
            "none" or "off" => LogLevel.None,
            _ => null,
        };
        level = parsed ?? LogLevel.Information;
        return parsed is not null;
    }
}
