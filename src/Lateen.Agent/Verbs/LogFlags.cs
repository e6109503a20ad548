using Lateen.Logging;

namespace Lateen.Agent.Verbs;

/// <summary>The logging flags that every verb of the reference accepts; those that mean nothing here are read and left.</summary>
internal static class LogFlags
{
    public static IReadOnlyList<string> Valued { get; } =
    [
        "log_output_level", "log_caller", "log_rotate", "log_rotate_max_age", "log_rotate_max_backups", "log_rotate_max_size",
        "log_stacktrace_level", "log_target", "vklog",
    ];

    public static IReadOnlyList<string> Switches { get; } = ["log_as_json"];

    /// <summary>The log factory that the flags describe, or null with a problem.</summary>
    public static ConsoleLogFactory? Create(Flags flags, TextWriter output, TimeProvider time, out string? problem) =>
        LogLevels.TryParse(flags.Text("log_output_level", "default:info"), out var levels, out problem)
            ? new ConsoleLogFactory(output, levels, time, flags.IsOn("log_as_json"))
            : null;
}
