using System.Text;
using Lateen.Proxy.Local;

namespace Lateen.Proxy.Admin;

/// <summary><c>/logging</c>: shows the levels and sets them (<c>level=</c> for all, <c>paths=a:debug,b:info</c>, <c>name=level</c> for one).</summary>
internal static class LoggingPage
{
    private const string Usage = "usage: /logging?<name>=<level> (change single level)\nusage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n"
        + "usage: /logging?level=<level> (change all levels)\nusage: /logging (query levels)\nlevels: trace debug info warning error critical off\n";

    public static LocalResponse Answer(ILogLevelControl logging, AdminQuery query)
    {
        foreach (var (name, value) in query.All)
        {
            foreach (var (logger, level) in Wanted(name, value))
            {
                if (!logging.TrySet(logger, level))
                {
                    return LocalResponse.Text($"{Usage}error: unknown logger level: {logger} {level}\n", 400);
                }
            }
        }
        var text = new StringBuilder("active loggers:\n");
        foreach (var (logger, level) in logging.Levels())
        {
            text.Append("  ").Append(logger).Append(": ").Append(level).Append('\n');
        }
        return LocalResponse.Text(text.Append('\n').ToString());
    }

    private static IEnumerable<(string Logger, string Level)> Wanted(string name, string value) => name switch
    {
        "level" => [(string.Empty, value)],
        "paths" => value.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split(':', 2)).Select(p => (p[0], p.Length > 1 ? p[1] : string.Empty)),
        _ => [(name, value)],
    };
}
